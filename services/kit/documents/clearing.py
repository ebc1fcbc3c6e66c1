"""Taking published events out of their documents, many at a time and behind the relay's back."""

import asyncio
from collections import defaultdict
from itertools import islice

from services.kit.bus.backoff import Backoff
from services.kit.clock import Clock
from services.kit.documents.backlog import Key
from services.kit.documents.items import Outbox
from services.kit.documents.outbox_store import OutboxStore
from services.kit.errors import KitError
from services.kit.pause import pause

__all__ = ["Clearing"]

_AT_ONCE = 25
"""Documents in one write. SecantusDB does nothing else meanwhile, and syncs each to its disk."""


class Clearing:
    """Publishing never waits for it. What it can't clear now, it clears later.

    It waits `gather` seconds first: many documents change again soon, and that change takes out
    what was published.
    """

    def __init__(self, outboxes: OutboxStore, clock: Clock, gather: float = 0.0) -> None:
        self._outboxes = outboxes
        self._gather = gather
        self._clock = clock
        self._published: dict[Key, Outbox] = {}
        self._woken = asyncio.Event()
        self._backoff = Backoff(0.1, 5.0)

    def __len__(self) -> int:
        return len(self._published)

    def add(self, key: Key, outbox: Outbox) -> None:
        known = self._published.get(key)
        self._published[key] = _both(known, outbox) if known else outbox
        self._woken.set()

    def drop(self, key: Key) -> None:
        """Its document is clear of all that was published."""
        self._published.pop(key, None)

    async def run(self, done: asyncio.Event) -> None:
        """Returns after one last try when `done` is set and `wake` was called."""
        while not done.is_set():
            await self._woken.wait()
            await pause(self._clock, self._gather, done)
            self._woken.clear()
            if not await self._clear() and not done.is_set():
                await pause(self._clock, self._backoff.next(), done)
                self._woken.set()
        await self._clear()

    def wake(self) -> None:
        self._woken.set()

    async def _clear(self) -> bool:
        while self._published:
            some = dict(islice(self._published.items(), _AT_ONCE))
            for key in some:
                del self._published[key]
            if not await self._clear_some(some):
                return False
        self._backoff.reset()
        return True

    async def _clear_some(self, some: dict[Key, Outbox]) -> bool:
        grouped: defaultdict[str, dict[str, Outbox]] = defaultdict(dict)
        for (collection, name), outbox in some.items():
            grouped[collection][name] = outbox
        try:
            for collection, outboxes in grouped.items():
                await self._outboxes.clear(collection, outboxes)
        except KitError:
            # Their events are published, so nothing is lost; they would only be published again.
            for key, outbox in some.items():
                self.add(key, outbox)
            return False
        return True


def _both(one: Outbox, other: Outbox) -> Outbox:
    """All that was published of a document, the newer version's items last."""
    older, newer = sorted((one, other), key=lambda outbox: outbox.version)
    fresh = {item["id"] for item in newer.items}
    kept = tuple(item for item in older.items if item["id"] not in fresh)
    return Outbox(newer.version, (*kept, *newer.items))
