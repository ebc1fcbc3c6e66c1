"""Append-only collections: a row is written once and never changed, only deleted when it is old."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from services.kit.documents.codec import StateCodec
from services.kit.documents.model import CollectionSpec, Condition, Index, Row

__all__ = ["ID_INDEX", "Rows", "RowsSpec"]

R = TypeVar("R")

ID_INDEX = "_id_"
"""What Duplicate names when it is the id that exists already."""


@dataclass(frozen=True)
class RowsSpec(Generic[R]):
    """A collection of rows by name, the dataclass or pydantic model of a row, and its indexes."""

    name: str
    row: type[R]
    indexes: tuple[Index, ...] = field(default=())

    def entry(self, id: str, row: R) -> Row:
        """A row for a Change: the relay writes it before the events that follow it."""
        return Row(self.name, id, self.codec.encode(row))

    @cached_property
    def codec(self) -> StateCodec[R]:
        return StateCodec(CollectionSpec(self.name, self.row, self.indexes))


class Rows(Protocol[R]):
    """A collection of such rows. Raises Unavailable when the database does not answer."""

    async def insert(self, id: str, row: R) -> None:
        """Raises Duplicate, with ID_INDEX or the name of the unique index that refused the row."""
        ...

    async def insert_new(self, id: str, row: R) -> bool:
        """False when a row of this id exists: it is left as it is."""
        ...

    async def get(self, id: str) -> R | None: ...

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[R]:
        """Rows that meet all conditions, sorted by fields (`-field` descending, `_id` the id)."""
        ...

    async def count(self, where: Sequence[Condition] = ()) -> int: ...

    async def delete(self, where: Sequence[Condition]) -> int:
        """How many rows met all conditions and are gone."""
        ...
