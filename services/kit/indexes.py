"""Indexes as the database is told of them, from what collections declare."""

from dataclasses import dataclass, field
from typing import Any

from pymongo import ASCENDING, DESCENDING

from services.kit.documents.model import CollectionSpec, Index
from services.kit.documents.rows import RowsSpec

__all__ = ["TTL", "Wanted", "wanted"]

TTL = "expireAfterSeconds"

_OUTBOX = "outbox_pending"
_STATE = "state."


@dataclass(frozen=True)
class Wanted:
    """One index: keys in their order, and options other than its name."""

    name: str
    keys: tuple[tuple[str, int], ...]
    options: dict[str, Any] = field(default_factory=dict)


def wanted(spec: CollectionSpec[Any] | RowsSpec[Any]) -> tuple[Wanted, ...]:
    """All indexes of a collection; documents have one more, by which the relay finds outboxes."""
    if isinstance(spec, RowsSpec):
        return tuple(_wanted(index, "") for index in spec.indexes)
    outbox = Wanted(_OUTBOX, (("pending", ASCENDING),), {"sparse": True})
    return (*(_wanted(index, _STATE) for index in spec.indexes), outbox)


def _wanted(index: Index, prefix: str) -> Wanted:
    keys = tuple(
        (prefix + part.removeprefix("-"), DESCENDING if part.startswith("-") else ASCENDING)
        for part in index.fields
    )
    options: dict[str, Any] = {}
    if index.unique:
        options["unique"] = True
    if index.sparse:
        options["sparse"] = True
    if index.expire_after is not None:
        options[TTL] = round(index.expire_after.total_seconds())
    return Wanted(index.name, keys, options)
