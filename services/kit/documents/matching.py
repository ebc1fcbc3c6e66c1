"""Conditions, order and uniqueness as MongoDB understands them, for documents held in memory."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.kit.documents.codec import Fields, plain
from services.kit.documents.model import Condition, Index

__all__ = ["meets", "sorted_by", "unique_key"]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

# The order of types in BSON, which also says what may be compared with what.
_RANKS: tuple[tuple[type | tuple[type, ...], int], ...] = (
    (bool, 8),
    ((int, float), 1),
    (str, 2),
    (dict, 3),
    (list, 4),
    (bytes, 5),
    (datetime, 9),
)


def meets(document: Fields, where: Sequence[Condition]) -> bool:
    """True when a document (its state's fields, and `_id`) meets all conditions."""
    return all(_holds(document, *condition) for condition in where)


def sorted_by(documents: Sequence[Fields], order: Sequence[str]) -> list[Fields]:
    result = list(documents)
    for field in reversed(order):
        name = field.removeprefix("-")
        result.sort(key=lambda document: _sort_key(document, name), reverse=field.startswith("-"))
    return result


def unique_key(document: Fields, index: Index) -> tuple[Any, ...] | None:
    """What must be unique; none where a sparse index leaves the document out."""
    names = [field.removeprefix("-") for field in index.fields]
    if index.sparse and not list(_values(document, names[0].split("."))):
        return None
    return tuple(next(_values(document, name.split(".")), None) for name in names)


def _holds(document: Fields, field: str, how: str, value: Any) -> bool:
    wanted = plain(value)
    found = list(_candidates(document, field))
    match how:
        case "==":
            return _equals(found, wanted)
        case "!=":
            return not _equals(found, wanted)
        case "in":
            return any(_equals(found, one) for one in wanted)
        case "<" | "<=" | ">" | ">=":
            return any(
                _rank(item) == _rank(wanted) and _COMPARE[how](item, wanted) for item in found
            )
        case _:
            raise ValueError(f"no such operator: {how}")


def _equals(found: list[Any], wanted: Any) -> bool:
    if wanted is None:
        return not found or None in found
    return any(_rank(item) == _rank(wanted) and item == wanted for item in found)


def _candidates(document: Fields, field: str) -> Iterator[Any]:
    """The value itself and, where it is a list, each of its items."""
    for value in _values(document, field.split(".")):
        yield value
        if isinstance(value, list):
            yield from value


def _values(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from _values(value[path[0]], path[1:])
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield from _values(item, path)


def _rank(value: Any) -> int:
    return next((rank for kinds, rank in _RANKS if isinstance(value, kinds)), 0)


def _sort_key(document: Fields, field: str) -> tuple[int, Any]:
    value = next(_values(document, field.split(".")), None)
    rank = _rank(value)
    return (rank, value) if rank else (0, 0)
