"""Rows in MongoDB: `{_id, …fields}`."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from services.kit.documents.filters import to_filter, to_sort
from services.kit.documents.model import Condition
from services.kit.documents.rows import ID_INDEX, RowsSpec
from services.kit.errors import Duplicate
from services.kit.store import Collection, Store

__all__ = ["MongoRows"]

R = TypeVar("R")


class MongoRows(Generic[R]):
    def __init__(self, store: Store, spec: RowsSpec[R]) -> None:
        self._store = store
        self._name = spec.name
        self._codec = spec.codec

    async def insert(self, id: str, row: R) -> None:
        async with self._store.guard():
            await self._collection.insert_one({"_id": str(id), **self._codec.encode(row)})

    async def insert_new(self, id: str, row: R) -> bool:
        try:
            await self.insert(id, row)
        except Duplicate as error:
            if error.index == ID_INDEX or await self._stored(id):
                return False
            raise
        return True

    async def get(self, id: str) -> R | None:
        stored = await self._stored(id)
        return self._row(stored) if stored else None

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[R]:
        async with self._store.guard():
            cursor = self._collection.find(to_filter(where, ""), limit=limit)
            if order:
                cursor = cursor.sort(to_sort(order, ""))
            found = await cursor.to_list(limit)
        return [self._row(stored) for stored in found]

    async def count(self, where: Sequence[Condition] = ()) -> int:
        async with self._store.guard():
            return await self._collection.count_documents(to_filter(where, ""))

    async def delete(self, where: Sequence[Condition]) -> int:
        async with self._store.guard():
            return (await self._collection.delete_many(to_filter(where, ""))).deleted_count

    @property
    def _collection(self) -> Collection:
        return self._store.collection(self._name)

    async def _stored(self, id: str) -> Mapping[str, Any] | None:
        async with self._store.guard():
            return await self._collection.find_one({"_id": str(id)})

    def _row(self, stored: Mapping[str, Any]) -> R:
        fields = dict(stored)
        return self._codec.decode(fields.pop("_id"), fields)
