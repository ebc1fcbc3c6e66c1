"""Conditions and order in MongoDB's words."""

from collections.abc import Sequence
from typing import Any

from services.kit.documents.codec import plain
from services.kit.documents.model import Condition

__all__ = ["to_filter", "to_sort"]

_WORDS = {
    "!=": "$ne",
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
    "in": "$in",
}


def to_filter(where: Sequence[Condition], prefix: str) -> dict[str, Any]:
    """One filter for all conditions; `prefix` is where the fields lie in a stored document."""
    clauses = [{_path(field, prefix): _operation(how, plain(value))} for field, how, value in where]
    merged = {path: operation for clause in clauses for path, operation in clause.items()}
    return merged if len(merged) == len(clauses) else {"$and": clauses}


def to_sort(order: Sequence[str], prefix: str) -> list[tuple[str, int]]:
    return [
        (_path(field.removeprefix("-"), prefix), -1 if field.startswith("-") else 1)
        for field in order
    ]


def _operation(how: str, value: Any) -> Any:
    if how == "==":
        # A bare value: SecantusDB reads on in a compound index after such a one, not after $eq.
        return {"$eq": value} if value is None or isinstance(value, dict | list) else value
    if how not in _WORDS:
        raise ValueError(f"no such operator: {how}")
    return {_WORDS[how]: value}


def _path(field: str, prefix: str) -> str:
    return field if field == "_id" else prefix + field
