"""Documents in MongoDB: load, decide, and save where the version is still the one loaded.

A document is `{_id, version, state, outbox, pending}`; `pending` is there while the outbox is not
empty, and says since when. Writes are guarded by `_id` and `version` alone: neither may have
another index, or SecantusDB would read through it first.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from services.kit.clock import Clock
from services.kit.documents.codec import Fields, StateCodec
from services.kit.documents.filters import to_filter, to_sort
from services.kit.documents.items import Item, Outbox, items_of
from services.kit.documents.model import Change, CollectionSpec, Condition, Decide, Document
from services.kit.documents.rows import ID_INDEX
from services.kit.documents.turns import Turns
from services.kit.errors import Duplicate, Unavailable
from services.kit.store import Collection, Store
from services.kit.telemetry import current_traceparent, metrics

__all__ = ["MongoDocuments", "Wake"]

S = TypeVar("S")

_PREFIX = "state."
_ATTEMPTS = 30
_LONGEST_PAUSE = 0.05
_TURN_SECONDS = 10.0


class Wake(Protocol):
    """Who publishes outboxes, and wants to hear at once that one has something."""

    def wake(self, collection: str, id: str, outbox: Outbox) -> None: ...


class MongoDocuments(Generic[S]):
    """A collection in MongoDB. Without a relay, other processes' relays publish what it says."""

    def __init__(
        self,
        store: Store,
        spec: CollectionSpec[S],
        clock: Clock,
        source: str,
        relay: Wake | None = None,
    ) -> None:
        self._store = store
        self._name = spec.name
        self._codec = StateCodec(spec)
        self._clock = clock
        self._source = source
        self._relay = relay
        self._turns = Turns()

    async def load(self, id: str) -> Document[S] | None:
        stored = await self._stored(id)
        return self._document(stored) if stored else None

    async def change(self, id: str, decide: Decide[S]) -> S | None:
        # Changes of one document by this process take turns: a race that nobody needs to lose.
        async with self._turns.of(id, _TURN_SECONDS):
            for attempt in range(_ATTEMPTS):
                stored = await self._stored(id)
                state = self._document(stored).state if stored else None
                change = decide(state)
                if change is None:
                    return state
                if (saved := await self._save(id, stored, change)) is not None:
                    return saved
                metrics.WRITE_CONFLICTS.add(1, collection=self._name)
                # Real time, not the clock's: it only spreads writers, and no decision sees it.
                await asyncio.sleep(_jitter(attempt))
        raise Unavailable("database", f"{self._name}: too many writers of one document")

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[Document[S]]:
        async with self._store.guard():
            cursor = self._collection.find(
                to_filter(where, _PREFIX), {"outbox": 0, "pending": 0}, limit=limit
            )
            if order:
                cursor = cursor.sort(to_sort(order, _PREFIX))
            found = await cursor.to_list(limit)
        return [self._document(stored) for stored in found]

    async def count(self, where: Sequence[Condition] = ()) -> int:
        async with self._store.guard():
            return await self._collection.count_documents(to_filter(where, _PREFIX))

    async def delete(self, id: str) -> bool:
        async with self._store.guard():
            return (await self._collection.delete_one({"_id": str(id)})).deleted_count > 0

    @property
    def _collection(self) -> Collection:
        return self._store.collection(self._name)

    async def _stored(self, id: str) -> dict[str, Any] | None:
        async with self._store.guard():
            return await self._collection.find_one({"_id": str(id)})

    def _document(self, stored: dict[str, Any]) -> Document[S]:
        name = stored["_id"]
        return Document(name, stored["version"], self._codec.decode(name, stored["state"]))

    async def _save(self, id: str, stored: dict[str, Any] | None, change: Change[S]) -> S | None:
        """The state as saved; none when another writer came first."""
        fields = self._codec.encode(change.state)
        items = items_of(change, self._source, self._clock.now(), current_traceparent())
        if stored:
            saved = await self._update(id, stored["version"], fields, items)
        else:
            saved = await self._insert(id, fields, items)
        if not saved:
            return None
        if items and self._relay:
            before = stored or {"version": 0, "outbox": []}
            outbox = Outbox(before["version"] + 1, (*before["outbox"], *items))
            self._relay.wake(self._name, str(id), outbox)
        return self._codec.decode(id, fields)

    async def _insert(self, id: str, fields: Fields, items: list[Item]) -> bool:
        new: Fields = {"_id": str(id), "version": 1, "state": fields, "outbox": items}
        if items:
            new["pending"] = self._clock.now()
        try:
            async with self._store.guard():
                await self._collection.insert_one(new)
        except Duplicate as error:
            # An insert whose answer was lost comes again: any of its unique indexes may refuse it.
            if error.index == ID_INDEX or await self._stored(id):
                return False
            raise
        return True

    async def _update(self, id: str, version: int, fields: Fields, items: list[Item]) -> bool:
        update: Fields = {"$set": {"version": version + 1, "state": fields}}
        if items:
            update["$push"] = {"outbox": {"$each": items}}
            update["$min"] = {"pending": self._clock.now()}
        async with self._store.guard():
            done = await self._collection.update_one({"_id": str(id), "version": version}, update)
        return done.matched_count > 0


def _jitter(attempt: int) -> float:
    longest = min(_LONGEST_PAUSE, 0.001 * 2**attempt)
    return random.uniform(0, longest)  # noqa: S311 - spreads writers, keeps no secret
