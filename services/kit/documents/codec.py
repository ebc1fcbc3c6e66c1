"""States as the database keeps them: nested dicts of plain values, and back."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from services.kit.documents.model import CollectionSpec
from services.kit.errors import KitError

__all__ = ["Fields", "StateCodec", "Unreadable", "plain"]

S = TypeVar("S")

Fields = dict[str, Any]

_LARGEST_INT = 2**63


class Unreadable(KitError):
    """A stored state does not fit its class: the class changed in a way old documents don't know.

    `fields` names what is wrong, without the values: they may hold prompts.
    """

    def __init__(self, collection: str, id: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"{collection}/{id} does not fit its class: {', '.join(fields)}")
        self.collection = collection
        self.id = id
        self.fields = fields


class StateCodec(Generic[S]):
    """Turns a collection's states into stored fields and back.

    A field of a sparse index that is None is left out, so that the index leaves the document out.
    """

    def __init__(self, spec: CollectionSpec[S]) -> None:
        self._collection = spec.name
        self._adapter: TypeAdapter[S] = _adapter(cast("Any", spec.state))
        self._sparse = tuple(
            index.fields[0].removeprefix("-").split(".") for index in spec.indexes if index.sparse
        )

    def encode(self, state: S) -> Fields:
        fields: Fields = plain(self._adapter.dump_python(state, warnings=False))
        for path in self._sparse:
            _drop_none(fields, path)
        return fields

    def decode(self, id: str, fields: Mapping[str, Any]) -> S:
        whole = dict(fields)
        for path in self._sparse:
            whole = _restore_none(whole, path)
        try:
            return self._adapter.validate_python(whole)
        except ValidationError as error:
            raise Unreadable(self._collection, id, _wrong_fields(error)) from error


def plain(value: Any) -> Any:
    """A value as MongoDB gives it back. Raises TypeError or ValueError for what it can't keep."""
    match value:
        case None | bool() | float() | bytes():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return str.__str__(value)
        case int():
            return _checked_int(value)
        case datetime():
            return _as_instant(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case Iterable():
            return [plain(item) for item in value]
        case _:
            raise TypeError(f"a document can't hold a {type(value).__name__}")


@lru_cache(maxsize=64)
def _adapter(state: type[Any]) -> TypeAdapter[Any]:
    """One for each class: to build it takes some milliseconds."""
    return TypeAdapter(state)


def _checked_int(value: int) -> int:
    if not -_LARGEST_INT <= value < _LARGEST_INT:
        raise ValueError("an integer in a document has 64 bits")
    return value


def _as_instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant in a document needs its offset from UTC")
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def _drop_none(fields: Fields, path: list[str]) -> None:
    *parents, last = path
    for part in parents:
        inner = fields.get(part)
        if not isinstance(inner, dict):
            return
        fields = inner
    if fields.get(last) is None:
        fields.pop(last, None)


def _restore_none(fields: Fields, path: list[str]) -> Fields:
    first, *rest = path
    if not rest:
        return {first: None, **fields}
    inner = fields.get(first)
    return {**fields, first: _restore_none(inner, rest)} if isinstance(inner, dict) else fields


def _wrong_fields(error: ValidationError) -> tuple[str, ...]:
    return tuple(
        f"{'.'.join(str(part) for part in item['loc']) or 'state'} ({item['type']})"
        for item in error.errors(include_input=False, include_url=False)[:5]
    )
