"""Rows without a database, for unit tests."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from services.kit.documents.codec import Fields, plain
from services.kit.documents.matching import meets, sorted_by, unique_key
from services.kit.documents.model import Condition
from services.kit.documents.rows import ID_INDEX, RowsSpec
from services.kit.errors import Duplicate

__all__ = ["MemoryRows"]

R = TypeVar("R")


class MemoryRows(Generic[R]):
    """A collection of rows in memory; `fail_next` makes the next call raise."""

    def __init__(self, spec: RowsSpec[R]) -> None:
        self.name = spec.name
        self._indexes = [index for index in spec.indexes if index.unique]
        self._codec = spec.codec
        self._stored: dict[str, Fields] = {}
        self._failures: list[Exception] = []

    def fail_next(self, error: Exception) -> None:
        self._failures.append(error)

    def put(self, id: str, fields: Mapping[str, Any]) -> None:
        """What a relay does with a row from an outbox: a row of this id stays as it is."""
        self._stored.setdefault(str(id), plain(fields))

    async def insert(self, id: str, row: R) -> None:
        await self._begin()
        if id in self._stored:
            raise Duplicate(ID_INDEX)
        fields = self._codec.encode(row)
        for index in self._indexes:
            key = unique_key(fields, index)
            others = (unique_key(other, index) for other in self._stored.values())
            if key is not None and key in others:
                raise Duplicate(index.name)
        self._stored[str(id)] = fields

    async def insert_new(self, id: str, row: R) -> bool:
        if id in self._stored:
            await self._begin()
            return False
        await self.insert(id, row)
        return True

    async def get(self, id: str) -> R | None:
        await self._begin()
        return self._codec.decode(id, self._stored[id]) if id in self._stored else None

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[R]:
        await self._begin()
        found = sorted_by(self._matching(where), order)[:limit]
        return [self._codec.decode(fields.pop("_id"), fields) for fields in found]

    async def count(self, where: Sequence[Condition] = ()) -> int:
        await self._begin()
        return len(self._matching(where))

    async def delete(self, where: Sequence[Condition]) -> int:
        await self._begin()
        gone = self._matching(where)
        for fields in gone:
            del self._stored[fields["_id"]]
        return len(gone)

    async def _begin(self) -> None:
        await asyncio.sleep(0)
        if self._failures:
            raise self._failures.pop(0)

    def _matching(self, where: Sequence[Condition]) -> list[Fields]:
        every = ({"_id": name, **fields} for name, fields in self._stored.items())
        return [fields for fields in every if meets(fields, where)]
