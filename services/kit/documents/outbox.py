"""The relay: publishes what documents have decided, in order, and only then forgets it (law 2)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from services.contracts import DecodeError, Envelope, Event
from services.kit.bus.backoff import Backoff
from services.kit.bus.model import Publisher
from services.kit.bus.recent import RecentIds
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.documents.backlog import Backlog, Key, Waiting
from services.kit.documents.clearing import Clearing
from services.kit.documents.items import Item, Outbox, to_envelope, to_row
from services.kit.documents.model import CollectionSpec
from services.kit.documents.outbox_store import OutboxStore, Standing
from services.kit.errors import KitError, Unavailable, Unprocessable
from services.kit.pause import pause
from services.kit.store import Store
from services.kit.telemetry import metrics

__all__ = ["Pace", "Relay"]

log = structlog.get_logger(__name__)

_READINESS = "outbox"
_PUBLISH_SECONDS = 30.0


@dataclass(frozen=True)
class Pace:
    """How a relay works; all times in seconds.

    `poll`: between two looks for leftovers. `grace`: how old an event is before it counts as left
    over. `width`: documents in one publish, `chunk`: events. `gather`: from a publish to clearing,
    which is saved where the document changes again by then. `drain`: for the last ones at stop.
    `stuck_after`: without any success while something waits, until readiness says so.
    """

    poll: float = 1.0
    grace: float = 3.0
    width: int = 200
    chunk: int = 500
    gather: float = 0.25
    drain: float = 5.0
    stuck_after: float = 60.0


class Relay:
    """Publishes what this process decides as soon as it is stored, and what dead ones left behind.

    Events may be published more than once, with the same id; those of one document first appear
    in their order. Rows are written before the events of their document. Of several documents
    whose events can't be published together, each is tried alone, so that one bad event stops its
    own document only.
    """

    name = "relay"

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        clock: Clock,
        readiness: Readiness,
        *,
        specs: Sequence[CollectionSpec[Any]],
        source: str,
        pace: Pace | None = None,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._readiness = readiness
        self._collections = [spec.name for spec in specs]
        self._pace = pace or Pace()
        self._outboxes = OutboxStore(store)
        self._clearing = Clearing(self._outboxes, clock, self._pace.gather)
        self._backlog = Backlog()
        self._woken = asyncio.Event()
        self._recent = RecentIds(10_000)
        self._width = self._pace.width
        self._backoff = Backoff(0.1, 5.0)
        self._failing_since: float | None = None
        self._standings: dict[str, Standing] = {}
        self._log = log.bind(source=source)

    def wake(self, collection: str, id: str, outbox: Outbox) -> None:
        """A document has these items to publish, all that its outbox may hold."""
        self._backlog.put((collection, id), outbox, self._clock.monotonic())
        self._woken.set()

    def cleared(self, collection: str, id: str) -> None:
        self._clearing.drop((collection, id))

    def has_published(self, item: Item) -> bool:
        return item["id"] in self._recent

    @property
    def backlog(self) -> int:
        """Documents with unpublished events: all replicas' as of the last look, or ours now."""
        stored = sum(standing.count for standing in self._standings.values())
        return max(stored, len(self._backlog))

    @property
    def oldest_age(self) -> float:
        """Seconds that the oldest unpublished event has waited, by the last look or by ours."""
        return max(
            self._backlog.oldest(self._clock.monotonic()),
            *(self._age(standing) for standing in self._standings.values()),
            0.0,
        )

    async def run(self, stop: asyncio.Event) -> None:
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweeps(stop))
            tasks.create_task(self._stopping(stop))
            tasks.create_task(self._clearing.run(done))
            while not stop.is_set():
                if not await self._turn():
                    await pause(self._clock, self._backoff.next(), stop)
            await self._drain()
            done.set()
            self._clearing.wake()

    async def _stopping(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.drain):
                while len(self._backlog):
                    if not await self._turn():
                        await self._clock.sleep(0.1)
        if left := len(self._backlog):
            self._log.warning("outbox_left_over", documents=left)

    async def _turn(self) -> bool:
        """Publishes what waits, or waits for something; false when that failed."""
        taken = self._backlog.take(self._width, self._clock.monotonic())
        if not taken:
            await self._rest()
            return True
        try:
            await self._publish(taken)
        except KitError as error:
            self._failed(len(taken), error)
            return False
        self._worked()
        return True

    async def _rest(self) -> None:
        self._woken.clear()
        wait = self._backlog.next_due(self._clock.monotonic())
        if wait is None:
            await self._woken.wait()
        else:
            await pause(self._clock, wait, self._woken)

    async def _publish(self, taken: Sequence[Waiting]) -> None:
        outboxes = await self._filled(taken)
        items = [item for outbox in outboxes.values() for item in outbox.items]
        fresh = [item for item in items if not self.has_published(item)]
        rows = [item for item in fresh if item["kind"] == "row"]
        await self._outboxes.write_rows([to_row(item) for item in rows])
        self._note(rows)
        events = [item for item in fresh if item["kind"] == "event"]
        for start in range(0, len(events), self._pace.chunk):
            chunk = events[start : start + self._pace.chunk]
            async with _deadline():
                await self._publisher.publish([_envelope(item) for item in chunk])
            self._note(chunk)
        for key, outbox in outboxes.items():
            self._clearing.add(key, outbox)

    async def _filled(self, taken: Sequence[Waiting]) -> dict[Key, Outbox]:
        """Their outboxes, read where they are not known; without the empty ones."""
        known = {waiting.key: waiting.outbox for waiting in taken if waiting.outbox}
        unread: defaultdict[str, list[str]] = defaultdict(list)
        for waiting in taken:
            if waiting.outbox is None:
                unread[waiting.key[0]].append(waiting.key[1])
        for collection, ids in unread.items():
            found = await self._outboxes.read(collection, ids)
            known |= {(collection, name): outbox for name, outbox in found.items()}
        return {key: outbox for key, outbox in known.items() if outbox.items}

    def _note(self, published: Iterable[Item]) -> None:
        for item in published:
            self._recent.add(item["id"])

    def _worked(self) -> None:
        self._backlog.done()
        self._backoff.reset()
        self._width = min(self._pace.width, self._width * 4)
        self._failing_since = None
        self._readiness.clear(_READINESS)

    def _failed(self, documents: int, error: KitError) -> None:
        now = self._clock.monotonic()
        self._backlog.failed(now)
        self._width = 1
        self._log.warning(
            "outbox_not_published",
            documents=documents,
            waiting=len(self._backlog),
            reason=str(error)[:200],
        )
        if isinstance(error, Unavailable):
            since = now if self._failing_since is None else self._failing_since
            self._failing_since = since
            if now - since >= self._pace.stuck_after:
                # Jobs are accepted and read all the same: no reason to leave the balancer.
                self._readiness.degrade(_READINESS, f"nothing published: {error}"[:200])

    async def _sweeps(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                for collection in self._collections:
                    await self._sweep(collection)
            except KitError as error:
                self._log.warning("outbox_not_swept", reason=str(error)[:200])
            await pause(self._clock, self._until_next_look(), stop)

    def _until_next_look(self) -> float:
        """Where nothing waited, nothing can be left over before its grace is up."""
        return self._pace.poll if self.backlog else max(self._pace.poll, self._pace.grace)

    async def _sweep(self, collection: str) -> None:
        self._standings[collection] = standing = await self._outboxes.standing(collection)
        age = self._age(standing)
        metrics.OUTBOX_BACKLOG.set(standing.count, collection=collection)
        metrics.OUTBOX_OLDEST_SECONDS.set(age, collection=collection)
        if age < self._pace.grace:
            return
        before = self._clock.now() - timedelta(seconds=self._pace.grace)
        limit = self._pace.width + self._backlog.count(collection)
        now = self._clock.monotonic()
        for name in await self._outboxes.leftovers(collection, before, limit):
            self._backlog.put((collection, name), None, now)
        self._woken.set()

    def _age(self, standing: Standing) -> float:
        if standing.oldest is None:
            return 0.0
        return max(0.0, (self._clock.now() - standing.oldest).total_seconds())


@asynccontextmanager
async def _deadline() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_PUBLISH_SECONDS):
            yield
    except TimeoutError as error:
        raise Unavailable("bus", "no acknowledgement in time") from error


def _envelope(item: Item) -> Envelope[Event]:
    try:
        return to_envelope(item)
    except DecodeError as error:
        raise Unprocessable(error.reason, "an outbox holds an event of other code") from error
