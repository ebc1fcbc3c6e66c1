"""Everybody else beside quota, and quota as a process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable

from services.contracts import Envelope, Event, EventId, Stream
from services.contracts.events import JobAdmitted, JobRejected, LimitsChanged
from services.kit.bus import Connection, Group, Producer
from services.kit.clock import SystemClock
from services.kit.component import Readiness

__all__ = ["Outside", "Quota"]

_PATIENCE = 60.0


class Outside:
    """Everybody else: gateway and render as far as quota hears them, and all that hear quota."""

    def __init__(self, connection: Connection) -> None:
        clock, readiness = SystemClock(), Readiness()
        self.heard: dict[EventId, Event] = {}
        self.producer = Producer(connection, clock, readiness)
        self.group = Group(
            connection,
            "observer",
            [Stream.DECISIONS, Stream.USAGE, Stream.LIMITS, Stream.DEMAND],
            self._hear,
            clock=clock,
            readiness=readiness,
            replica="0",
            producer=self.producer,
        )
        self._news = asyncio.Event()

    async def say(self, *events: Event) -> None:
        now = SystemClock().now()
        await self.producer.publish([Envelope(EventId.new(now), "test", event) for event in events])

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def limits(self, plan: str = "free") -> list[LimitsChanged]:
        """By version."""
        said = (event for event in self.heard.values() if isinstance(event, LimitsChanged))
        return sorted((one for one in said if one.plan == plan), key=lambda one: one.version)

    @property
    def decisions(self) -> list[JobAdmitted | JobRejected]:
        return [one for one in self.heard.values() if isinstance(one, JobAdmitted | JobRejected)]

    async def _hear(self, envelope: Envelope[Event]) -> None:
        self.heard.setdefault(envelope.id, envelope.data)
        self._news.set()


class Quota:
    """`python -m services.quota`, started and killed at will."""

    def __init__(
        self, bootstrap: str, prefix: str, url: str, database: str, **environ: str
    ) -> None:
        ours = {
            "HEATSINK_KAFKA_BOOTSTRAP": bootstrap,
            "HEATSINK_TOPIC_PREFIX": prefix,
            "HEATSINK_MONGO_URL": url,
            "HEATSINK_DATABASE_PREFIX": database,
            "HEATSINK_QUOTA_SWEEP_SECONDS": "1",
            **environ,
        }
        kept = {name: value for name, value in os.environ.items() if name[:9] != "HEATSINK_"}
        self._environment = {**kept, **ours}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await self._run()

    async def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        async with asyncio.timeout(_PATIENCE):
            return await self._process.wait()

    async def check(self) -> tuple[int, dict[str, object]]:
        process = await self._run("check", "--json", stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(_PATIENCE):
            out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, json.loads(out)

    async def _run(self, *arguments: str, stdout: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.quota",
            *arguments,
            env=self._environment,
            stdout=stdout,
        )
