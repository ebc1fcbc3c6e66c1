"""Everybody else, as far as render hears them and they hear render; and render as a process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from services.contracts import Envelope, Event, EventId, JobId, Stream, topics
from services.contracts.events import JobCancelled, JobCompleted, JobFailed, JobStarted
from services.kit.bus import Connection, Producer, Tail, apply
from services.kit.clock import SystemClock
from services.kit.component import Readiness

PATIENCE = 60.0
ENDS = (JobCompleted, JobFailed, JobCancelled)


class Outside:
    """`heard` is what render told, each event once, in the order it came."""

    def __init__(self, connection: Connection) -> None:
        clock, readiness = SystemClock(), Readiness()
        self.heard: dict[EventId, Event] = {}
        self.producer = Producer(connection, clock, readiness)
        self.tail = Tail(
            connection,
            [Stream.RENDERS, Stream.PROGRESS, Stream.LOAD],
            clock=clock,
            readiness=readiness,
        )
        self.tail.listen(self._hear)
        self._news = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def listening(cls, bootstrap: str, prefix: str) -> AsyncIterator["Outside"]:
        connection = Connection(bootstrap, prefix, "outside")
        await apply(connection, topics(prefix), replication=1)
        outside, stop = cls(connection), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outside.producer.run(stop))
            tasks.create_task(outside.tail.run(stop))
            await outside.tail.until_positioned()
            yield outside
            stop.set()

    async def say(self, *events: Event) -> None:
        now = SystemClock().now()
        await self.producer.publish([Envelope(EventId.new(now), "test", event) for event in events])

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def told(self, job: JobId) -> list[str]:
        """What was told of one job, progress apart, as the events' names without `Job`."""
        return [
            type(event).__name__.removeprefix("Job")
            for event in self.heard.values()
            if event.stream is Stream.RENDERS and getattr(event, "job", None) == job
        ]

    def ends(self, jobs: Sequence[JobId]) -> list[JobId]:
        return [
            event.job
            for event in self.heard.values()
            if isinstance(event, ENDS) and event.job in jobs
        ]

    def running(self, jobs: Sequence[JobId]) -> list[JobStarted]:
        """The starts of those that have begun and not ended, the latest last."""
        ended = self.ends(jobs)
        return [
            event
            for event in self.heard.values()
            if isinstance(event, JobStarted) and event.job in jobs and event.job not in ended
        ]

    def _hear(self, envelope: Envelope[Event]) -> None:
        self.heard.setdefault(envelope.id, envelope.data)
        self._news.set()


class Render:
    """`python -m services.render` and its workers, started and killed at will."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name[:9] != "HEATSINK_"}
        self._environment = {**kept, **environment}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **settings: str) -> None:
        own = {f"HEATSINK_RENDER_{name.upper()}": value for name, value in settings.items()}
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "services.render"),
                env={**self._environment, **own},
                stdout=log,
                stderr=log,
            )

    def worker(self, name: str) -> psutil.Process:
        """The process of the worker that events call so."""
        return next(one for one in self.family() if name in one.cmdline())

    def family(self) -> list[psutil.Process]:
        """The service's descendants: workers and their engines; none once it has ended."""
        if self._process is None or self._process.returncode is not None:
            return []
        return psutil.Process(self._process.pid).children(recursive=True)

    async def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    def log(self) -> str:
        return self._log.read_text()


async def gone(processes: Sequence[psutil.Process]) -> None:
    """Returns when none of them runs any more."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, PATIENCE)
    assert not alive
