"""How many jobs wait for quota's decision, and for how long none has come."""

import asyncio

import structlog

from services.contracts import Envelope, Event
from services.contracts.events import JobAdmitted, JobRejected
from services.gateway.repository import Jobs
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.kit.telemetry import metrics

__all__ = ["Undecided"]

log = structlog.get_logger(__name__)


class Undecided:
    """Counts in the database every `every` seconds, up to `most`: so it may be off by a moment.

    `count` is all replicas' and outlives this process. `silent_for` are the seconds since the last
    decision, and 0 while nothing waits for one.
    """

    name = "undecided"

    def __init__(self, jobs: Jobs, clock: Clock, *, most: int, every: float = 1.0) -> None:
        self.count = 0
        self._jobs = jobs
        self._clock = clock
        self._most = most
        self._every = every
        self._heard_at = clock.monotonic()

    @property
    def silent_for(self) -> float:
        return self._clock.monotonic() - self._heard_at if self.count else 0.0

    def hear(self, envelope: Envelope[Event]) -> None:
        if isinstance(envelope.data, JobAdmitted | JobRejected):
            self._heard_at = self._clock.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        while not await pause(self._clock, self._every, stop):
            try:
                await self.look()
            except Unavailable as error:
                log.warning("undecided_not_counted", part=error.part)

    async def look(self) -> None:
        """Counts. Raises Unavailable."""
        counted = await self._jobs.undecided(self._most)
        if not self.count:
            self._heard_at = self._clock.monotonic()
        self.count = counted
        metrics.JOBS_UNDECIDED.set(counted)
