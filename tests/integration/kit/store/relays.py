"""A publisher that fails on demand, and relays that run for the length of a block."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.contracts import Envelope, Event, EventId
from services.contracts.events import JobCancelled
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.outbox import Pace, Relay
from services.kit.errors import Unavailable, Unprocessable
from services.kit.store import Store
from tests.unit.kit.documents.samples import BOOKS, Book

__all__ = [
    "QUICK",
    "Bus",
    "Crash",
    "books_of",
    "eventually",
    "none_pending",
    "pending",
    "relay_of",
    "running",
]

QUICK = Pace(poll=0.05, grace=0.1, drain=2.0)


class Crash(Exception):
    """The process ends here."""


class Bus:
    """Keeps what is published; `before` and `after` run around each publish."""

    def __init__(self) -> None:
        self.published: list[Envelope[Event]] = []
        self.down = False
        self.refuses: set[int] = set()
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None

    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        if self.before:
            await self.before()
        if self.down:
            raise Unavailable("bus", "down")
        if self.refuses & {_attempt(envelope) for envelope in envelopes}:
            raise Unprocessable("too_large")
        self.published.extend(envelopes)
        if self.after:
            await self.after()

    @property
    def attempts(self) -> list[int]:
        """What was published, in the order of first appearances."""
        return list(dict.fromkeys(_attempt(envelope) for envelope in self.published))

    @property
    def ids(self) -> list[EventId]:
        return [envelope.id for envelope in self.published]


def relay_of(
    store: Store, bus: Bus, pace: Pace = QUICK, readiness: Readiness | None = None
) -> Relay:
    return Relay(
        store,
        bus,
        SystemClock(),
        readiness or Readiness(),
        specs=[BOOKS],
        source="library",
        pace=pace,
    )


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    """Stopped at the end of the block; a relay that crashed meanwhile is no error."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            for task in tasks:
                with suppress(ExceptionGroup):
                    await task


async def eventually(
    true: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 10
) -> None:
    """Raises TimeoutError when it has not become true in time."""
    async with asyncio.timeout(seconds):
        while True:
            answer: Any = true()
            if answer is True or (asyncio.iscoroutine(answer) and await answer):
                return
            await asyncio.sleep(0.01)


def books_of(store: Store, relay: Relay | None = None) -> MongoDocuments[Book]:
    return MongoDocuments(store, BOOKS, SystemClock(), "library", relay)


async def pending(store: Store) -> int:
    """How many documents have something in their outbox, by their outbox and by their mark."""
    books = store.collection(BOOKS.name)
    async with store.guard():
        marked = await books.count_documents({"pending": {"$exists": True}})
        full = await books.count_documents({"outbox": {"$ne": []}})
    assert marked >= full, "an outbox that no sweep would find"
    return marked


async def none_pending(store: Store) -> bool:
    return await pending(store) == 0


def _attempt(envelope: Envelope[Event]) -> int:
    assert isinstance(envelope.data, JobCancelled)
    return envelope.data.attempt
