"""Documents in MongoDB: load, decide, and save where the version is still the one loaded.

A document is `{_id, version, by, state, outbox, pending}`; `pending` is there while the outbox is
not empty, and says since when; `by` is the change that wrote it last. Writes are guarded by `_id`,
`version` and `by`: none may have another index, or SecantusDB would read through it first.

A change begins with the document as this process saw it last, where it did: the guard finds out
whether it is still so, and a read is saved.
"""

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from services.kit.clock import Clock
from services.kit.documents.codec import Fields, StateCodec
from services.kit.documents.filters import to_filter, to_sort
from services.kit.documents.items import Item, Outbox, items_of, to_row
from services.kit.documents.model import Change, CollectionSpec, Condition, Decide, Document
from services.kit.documents.rows import ID_INDEX
from services.kit.documents.turns import Turns
from services.kit.errors import Duplicate, Unavailable
from services.kit.remembered import Remembered
from services.kit.store import Collection, Store
from services.kit.telemetry import current_traceparent, metrics

__all__ = ["MongoDocuments", "Wake"]

S = TypeVar("S")

_PREFIX = "state."
_ATTEMPTS = 30
_LONGEST_PAUSE = 0.05
_TURN_SECONDS = 10.0
_SEEN = 256


class Wake(Protocol):
    """Who publishes outboxes, and wants to hear at once that one has something."""

    def wake(self, collection: str, id: str, outbox: Outbox) -> None: ...

    def has_published(self, item: Item) -> bool:
        """True when it is known to be; it may be true of others."""
        ...

    def cleared(self, collection: str, id: str) -> None:
        """Whatever was published of the document is out of it."""
        ...


@dataclass(frozen=True)
class _Seen:
    """A document as it was; none: it was not there. Never true for certain: the guard tells."""

    stored: Fields | None


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
        self._seen: Remembered[str, _Seen] = Remembered(_SEEN)

    async def load(self, id: str) -> Document[S] | None:
        stored = await self._stored(id)
        self._note(id, stored)
        if stored is None:
            return None
        rows = tuple(to_row(item) for item in stored["outbox"] if item["kind"] == "row")
        return replace(self._document(stored), unfiled=rows)

    async def change(self, id: str, decide: Decide[S], *, is_new: bool = False) -> S | None:
        # Who has many changes of one document in hand reads in between: other processes that write
        # it would find no gap.
        hurry = self._turns.taken(id)
        # Changes of one document by this process take turns: a race that nobody needs to lose.
        async with self._turns.of(id, _TURN_SECONDS):
            seen = _Seen(None) if is_new else self._seen.get(id)
            by = secrets.token_hex(8)
            if seen and not hurry:
                saved = await self._change_as_seen(id, seen, decide, by)
                if saved is not None:
                    return saved
            return await self._change(id, decide, by)

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

    async def count(self, where: Sequence[Condition] = (), *, limit: int | None = None) -> int:
        bound: dict[str, Any] = {} if limit is None else {"limit": limit}
        async with self._store.guard():
            return await self._collection.count_documents(to_filter(where, _PREFIX), **bound)

    async def delete(self, id: str) -> bool:
        async with self._store.guard():
            return (await self._collection.delete_one({"_id": str(id)})).deleted_count > 0

    async def discard(self, id: str) -> bool:
        async with self._store.guard():
            done = await self._collection.delete_one({"_id": str(id), "outbox": []})
            return done.deleted_count > 0 or await self._stored(id) is None

    @property
    def _collection(self) -> Collection:
        return self._store.collection(self._name)

    async def _stored(self, id: str) -> dict[str, Any] | None:
        async with self._store.guard():
            return await self._collection.find_one({"_id": str(id)})

    def _document(self, stored: dict[str, Any]) -> Document[S]:
        name = stored["_id"]
        return Document(name, stored["version"], self._codec.decode(name, stored["state"]))

    async def _change_as_seen(self, id: str, seen: "_Seen", decide: Decide[S], by: str) -> S | None:
        """The state that was saved; none where only a read can tell what to do."""
        self._seen.forget(id)
        stored = seen.stored
        try:
            change = decide(self._document(stored).state if stored else None)
        except Exception:  # noqa: BLE001 - what the document is now may be no reason to refuse
            return None
        if change is None:
            return None
        saved = await self._save(id, stored, change, by)
        return self._saved(id, saved, change) if saved else None

    async def _change(self, id: str, decide: Decide[S], by: str) -> S | None:
        for attempt in range(_ATTEMPTS):
            stored = await self._stored(id)
            state = self._document(stored).state if stored else None
            if stored and stored.get("by") == by:
                # The driver sent our write twice and was told of the second, which came too late.
                self._tell(stored)
                return state
            change = decide(state)
            if change is None:
                return state
            if saved := await self._save(id, stored, change, by):
                return self._saved(id, saved, change)
            metrics.WRITE_CONFLICTS.add(1, collection=self._name)
            # Real time, not the clock's: it only spreads writers, and no decision sees it.
            await asyncio.sleep(_jitter(attempt))
        raise Unavailable("database", f"{self._name}: too many writers of one document")

    def _saved(self, id: str, saved: Fields, change: Change[S]) -> S:
        self._note(id, saved)
        if change.events or change.rows:
            self._tell(saved)
        return self._document(saved).state

    def _note(self, id: str, stored: Fields | None) -> None:
        """Only where a relay tells which of its items are published: they would pile up here."""
        if self._relay:
            self._seen[id] = _Seen(stored)

    async def _save(
        self, id: str, stored: Fields | None, change: Change[S], by: str
    ) -> Fields | None:
        """The document as saved; none when another writer came first."""
        now = self._clock.now()
        new: Fields = {
            "_id": str(id),
            "version": (stored["version"] if stored else 0) + 1,
            "by": by,
            "state": self._codec.encode(change.state),
        }
        items = items_of(change, self._source, now, current_traceparent())
        if stored is None:
            new |= {"outbox": items} | ({"pending": now} if items else {})
            return new if await self._insert(new) else None
        update: Fields = {"$set": {name: new[name] for name in ("version", "by", "state")}}
        left = self._unpublished(stored["outbox"])
        new["outbox"] = [*left, *items]
        if stored["outbox"] and not left:
            # Nobody put anything in since, or the write would find another version.
            update |= _all_new(update["$set"], items, now)
        elif items:
            update |= {"$push": {"outbox": {"$each": items}}, "$min": {"pending": now}}
        if not await self._update(stored, update):
            return None
        if self._relay and not left:
            self._relay.cleared(self._name, stored["_id"])
        return new

    def _unpublished(self, items: list[Item]) -> list[Item]:
        relay = self._relay
        return [item for item in items if not relay.has_published(item)] if relay else items

    async def _insert(self, new: Fields) -> bool:
        try:
            async with self._store.guard():
                await self._collection.insert_one(new)
        except Duplicate as error:
            # An insert whose answer was lost comes again: any of its unique indexes may refuse it.
            if error.index == ID_INDEX or await self._stored(new["_id"]):
                return False
            raise
        return True

    async def _update(self, stored: Fields, update: Fields) -> bool:
        # `by` too: a document deleted and made anew may have come to the same version.
        which = {"_id": stored["_id"], "version": stored["version"], "by": stored.get("by")}
        async with self._store.guard():
            done = await self._collection.update_one(which, update)
        return done.matched_count > 0

    def _tell(self, saved: Fields) -> None:
        if self._relay and saved["outbox"]:
            outbox = Outbox(saved["version"], tuple(saved["outbox"]))
            self._relay.wake(self._name, saved["_id"], outbox)


def _all_new(fields: Fields, items: list[Item], now: datetime) -> Fields:
    """An update to these fields that leaves nothing in the outbox but these items."""
    if items:
        return {"$set": fields | {"outbox": items, "pending": now}}
    return {"$set": fields | {"outbox": []}, "$unset": {"pending": ""}}


def _jitter(attempt: int) -> float:
    longest = min(_LONGEST_PAUSE, 0.001 * 2**attempt)
    return random.uniform(0, longest)  # noqa: S311 - spreads writers, keeps no secret
