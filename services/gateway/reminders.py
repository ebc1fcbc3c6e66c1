"""Jobs whose events were lost on the way to quota or render are asked for again."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from services.gateway.core.reminder import remind
from services.gateway.repository import Jobs
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.kit.telemetry import metrics

__all__ = ["Reminders"]

log = structlog.get_logger(__name__)


_FEW = 100
"""So many are always on their way through a busy replica."""


class Reminders:
    """Looks every `every` seconds, on every replica: the job's document decides who asks.

    `unpublished_age` tells how old the oldest event in the outbox is: what still waits there is not
    lost, and another one behind it would be of no use. `unheard` counts events that this replica
    has yet to hear: the answer may be among them, and to ask again would make it hear still more.
    """

    name = "reminders"

    def __init__(
        self,
        jobs: Jobs,
        unpublished_age: Callable[[], float],
        unheard: Callable[[], int],
        clock: Clock,
        *,
        every: float,
    ) -> None:
        self._jobs = jobs
        self._unpublished_age = unpublished_age
        self._unheard = unheard
        self._clock = clock
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        while not await pause(self._clock, self._every, stop):
            try:
                await self.look()
            except Unavailable as error:
                log.warning("reminders_put_off", part=error.part)

    async def look(self) -> None:
        """One look. Raises Unavailable."""
        if self._unpublished_age() > self._every or self._unheard() > _FEW:
            return
        now = self._clock.now()
        for job in await self._jobs.unanswered(now):
            reminded = await self._jobs.change(job.id, partial(remind, now=now))
            if reminded and reminded.remind_at != job.remind_at:
                metrics.JOBS_REMINDED.add(1, plan=job.plan)
                log.warning("job_unanswered", job=str(job.id), account=str(job.account))
