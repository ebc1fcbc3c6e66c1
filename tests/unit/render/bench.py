"""A worker with everything around it in memory, and a clock that only moves when told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from services.contracts import Envelope, Event, EventId, JobId, Lane
from services.contracts.events import JobAdmitted
from services.kit.blobs import BlobMissing
from services.kit.bus import MemoryBus
from services.kit.clock import ManualClock
from services.kit.component import Readiness
from services.kit.documents import MemoryDocuments
from services.kit.erasures import ERASURES, Erasures
from services.kit.errors import Unavailable
from services.kit.moderation import Moderator, moderators
from services.render.core import LINES, QUEUE, TURNS, WORKERS, Entry, RetryPolicy
from services.render.engine.fake import FakeEngine
from services.render.handlers import Intake
from services.render.images import Images
from services.render.repository import Lines, Queue, Workers
from services.render.worker import (
    Bell,
    Claimer,
    Desk,
    EngineHost,
    Meter,
    Neighbours,
    Register,
    Scout,
    Tools,
    Worker,
)
from tests.unit.render.samples import CATALOGUE, LEASE, NOW, admission, cancellation

STALL = 60.0


@dataclass(frozen=True)
class Stored:
    key: str


class Shelf:
    """A blob store in memory that can be away."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.error: Exception | None = None

    async def put(self, key: str, content: bytes, *, media_type: str) -> None:
        assert media_type == f"image/{key.rpartition('.')[2]}"
        self._check()
        self.blobs[key] = content

    async def get(self, key: str) -> bytes:
        self._check()
        if key not in self.blobs:
            raise BlobMissing(key)
        return self.blobs[key]

    async def delete(self, key: str) -> None:
        self._check()
        self.blobs.pop(key, None)

    async def list(self, prefix: str) -> list[Stored]:
        self._check()
        return [Stored(key) for key in self.blobs if key.startswith(f"{prefix}/")]

    def _check(self) -> None:
        if self.error:
            raise self.error


def envelope(event: Event) -> Envelope[Event]:
    return Envelope(EventId.new(NOW), "test", event)


async def settled() -> None:
    """Lets everything run that can without time passing."""
    for _ in range(200):
        await asyncio.sleep(0)


@dataclass
class House:
    """Render's database, bus and blob store; `events` is what its documents said, in order."""

    clock: ManualClock = field(default_factory=ManualClock)
    bus: MemoryBus = field(default_factory=MemoryBus)
    shelf: Shelf = field(default_factory=Shelf)
    moderator: Moderator = field(default_factory=moderators)

    def __post_init__(self) -> None:
        self.entries: MemoryDocuments[Entry] = MemoryDocuments(QUEUE, self.clock, "render")
        self.records = MemoryDocuments(WORKERS, self.clock, "render")
        self.queue = Queue(self.entries)
        self.workers = Workers(self.records)
        self.clocks = MemoryDocuments(LINES, self.clock, "render")
        self.turns = MemoryDocuments(TURNS, self.clock, "render")
        self.lines = Lines(self.clocks, self.turns)
        self.gone = MemoryDocuments(ERASURES, self.clock, "render")
        self.erasures = Erasures(self.gone, self.clock)
        self.intake = Intake(self.queue, self.lines, self.erasures, CATALOGUE, self.clock)

    @property
    def events(self) -> list[Event]:
        return self.entries.events

    def names(self, job: JobId | None = None) -> list[str]:
        """What was said (of one job), as the events' names without `Job`."""
        told = (event for event in self.events if job is None or getattr(event, "job", "") == job)
        return [type(event).__name__.removeprefix("Job") for event in told]

    async def admit(
        self, admitted: JobAdmitted | None = None, *, lane: Lane = Lane.FREE, **spec: Any
    ) -> JobId:
        admitted = admitted or admission(lane=lane, **spec)
        await self.intake(envelope(admitted))
        return admitted.job

    async def cancel(self, job: JobId) -> None:
        await self.intake(envelope(cancellation(job)))


class Bench:
    """One worker in a house. `engine` is the one that lives now, `engines` are all so far."""

    def __init__(self, house: House, name: str = "w1", **engine: Any) -> None:
        self.house = house
        self.engines: list[FakeEngine] = []
        self.readiness = Readiness()
        self.next_engine(**engine)
        clock = house.clock
        self.desk, self.bell, self.meter = Desk(), Bell(clock), Meter(clock)
        self.host = EngineHost(
            self._make,
            self.desk,
            self.bell,
            clock=clock,
            readiness=self.readiness,
            stall_seconds=STALL,
            stalls={"slow": 2 * STALL},
        )
        self.tools = Tools(
            queue=house.queue,
            images=Images(house.shelf),
            moderator=house.moderator,
            host=self.host,
            desk=self.desk,
            meter=self.meter,
            publisher=house.bus,
            clock=clock,
            lease=LEASE,
            retries=RetryPolicy(),
            progress_per_second=4.0,
            jitter=lambda: 0.5,
        )
        self.worker = self._worker(name)
        self.register = Register(
            name,
            "default",
            "0",
            17,
            workers=house.workers,
            worker=self.worker,
            tools=self.tools,
            finish_seconds=8.0,
        )

    @property
    def engine(self) -> FakeEngine:
        return self.engines[-1]

    def next_engine(self, **kind: Any) -> None:
        """How engines are from now on, in FakeEngine's words."""
        self._kind = kind

    def _worker(self, name: str) -> Worker:
        house, clock = self.house, self.house.clock
        neighbours = Neighbours(name, "default", self.host, house.workers, clock)
        scout = Scout("default", house.queue, neighbours, clock, 1.0)
        claimer = Claimer(
            name,
            queue=house.queue,
            lines=house.lines,
            scout=scout,
            meter=self.meter,
            clock=clock,
            lease=LEASE,
        )
        return Worker(
            claimer,
            scout,
            self.tools,
            self.bell,
            poll_seconds=1.0,
            finish_seconds=8.0,
            hand_back_seconds=2.0,
        )

    def _make(self) -> FakeEngine:
        self.engines.append(FakeEngine(clock=self.house.clock, **self._kind))
        return self.engines[-1]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[asyncio.Event]:
        """The worker runs as long as the block; it yields the event that stops it."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.worker.run(stop))
            try:
                await settled()
                yield stop
            finally:
                stop.set()
                await settled()
                for _ in range(20):
                    if running.done():
                        break
                    await self.house.clock.advance(timedelta(seconds=1))
                    await settled()
                assert running.done(), "the worker did not stop"

    async def pass_time(self, seconds: float) -> None:
        """Second by second, so that whoever sleeps wakes on time."""
        left = seconds
        while left > 0:
            await self.house.clock.advance(timedelta(seconds=min(1.0, left)))
            await settled()
            left -= 1.0


async def until(condition: Callable[[], bool]) -> None:
    """Waits for other tasks to make it true; no time passes."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come true")


def away(part: str = "database") -> Unavailable:
    return Unavailable(part, "on holiday")
