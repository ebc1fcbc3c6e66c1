"""Every database call of the relay."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.kit.documents.codec import plain
from services.kit.documents.items import Outbox
from services.kit.documents.model import Row
from services.kit.store import Store

__all__ = ["OutboxStore", "Standing"]


@dataclass(frozen=True)
class Standing:
    """How many documents of a collection have something to publish, and the oldest's time."""

    count: int
    oldest: datetime | None


class OutboxStore:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, collection: str, ids: Sequence[str]) -> dict[str, Outbox]:
        """The outboxes of these documents; those that are gone are left out."""
        async with self._store.guard():
            cursor = self._store.collection(collection).find(
                {"_id": {"$in": list(ids)}}, {"version": 1, "outbox": 1}
            )
            found = await cursor.to_list(len(ids))
        return {
            stored["_id"]: Outbox(stored["version"], tuple(stored["outbox"])) for stored in found
        }

    async def leftovers(self, collection: str, before: datetime, limit: int) -> list[str]:
        """Documents whose outbox has not been empty since `before`, oldest first."""
        async with self._store.guard():
            cursor = self._store.collection(collection).find(
                {"pending": {"$lte": before}}, {"_id": 1}, sort=[("pending", 1)], limit=limit
            )
            return [stored["_id"] for stored in await cursor.to_list(limit)]

    async def standing(self, collection: str) -> Standing:
        pending = {"pending": {"$exists": True}}
        async with self._store.guard():
            documents = self._store.collection(collection)
            oldest = await documents.find_one(pending, {"pending": 1}, sort=[("pending", 1)])
            count = await documents.count_documents(pending) if oldest else 0
        return Standing(count, oldest["pending"] if oldest else None)

    async def write_rows(self, rows: Sequence[Row]) -> None:
        """Rows that exist already stay as they are."""
        grouped: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        for row in rows:
            grouped[row.collection].setdefault(row.id, {"_id": row.id, **plain(row.fields)})
        for collection, fields in grouped.items():
            await self._store.insert_new(collection, list(fields.values()))

    async def clear(self, collection: str, published: Mapping[str, Outbox]) -> None:
        """Takes published items out, and leaves alone what came in meanwhile.

        Losing this write only means that the same events are published once more.
        """
        at_once = [
            (
                # The last item tells the document from another of its id, deleted and made anew.
                {"_id": name, "version": outbox.version, "outbox.id": outbox.items[-1]["id"]},
                {"$set": {"outbox": []}, "$unset": {"pending": ""}},
            )
            for name, outbox in published.items()
        ]
        if await self._store.update_each(collection, at_once) == len(at_once):
            return
        one_by_one = [
            write
            for name in await self._pending(collection, list(published))
            for write in (
                ({"_id": name}, {"$pull": {"outbox": {"id": {"$in": _ids(published[name])}}}}),
                ({"_id": name, "outbox": []}, {"$unset": {"pending": ""}}),
            )
        ]
        if one_by_one:
            await self._store.update_each(collection, one_by_one)

    async def _pending(self, collection: str, ids: Sequence[str]) -> list[str]:
        """Those of them that still say that something is to be published."""
        async with self._store.guard():
            cursor = self._store.collection(collection).find(
                {"_id": {"$in": list(ids)}, "pending": {"$exists": True}}, {"_id": 1}
            )
            return [stored["_id"] for stored in await cursor.to_list(len(ids))]


def _ids(outbox: Outbox) -> list[str]:
    return [item["id"] for item in outbox.items]
