"""Live news of jobs on this replica: what was heard last, and who waits for more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.contracts import Envelope, Event, JobId
from services.gateway.core.job import Job, newest, project, slim
from services.kit.clock import Clock
from services.kit.pause import pause
from services.kit.remembered import Remembered

__all__ = ["Waiters", "Watch"]

_News = dict[type[Event], Event]


class Watch:
    """One call that waits for news of one job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard = asyncio.Event()

    def wake(self) -> None:
        self._heard.set()

    async def news(self, seconds: float) -> bool:
        """True as soon as something was heard since the last call; False after `seconds`."""
        heard = await pause(self._clock, seconds, self._heard)
        self._heard.clear()
        return heard


class Waiters:
    """Hears the tail of decisions, renders and progress.

    It listens from the start of the process, so a call that inserts a job and then watches it
    misses nothing: what came in between is among the last `capacity` jobs remembered here. The
    same memory keeps an answer from lagging behind what its client was just told.
    """

    def __init__(self, clock: Clock, capacity: int = 4096) -> None:
        self._clock = clock
        self._news: Remembered[JobId, _News] = Remembered(capacity)
        self._watches: dict[JobId, set[Watch]] = {}

    def hear(self, envelope: Envelope[Event]) -> None:
        event = envelope.data
        job = getattr(event, "job", None)
        if not isinstance(job, JobId):
            return
        self._remember(job, event)
        for watch in self._watches.get(job, ()):
            watch.wake()

    def fold(self, job: Job) -> Job:
        """The stored job with what was heard since."""
        for event in self.heard(job.id):
            job = project(job, event)
        return job

    def heard(self, job: JobId) -> tuple[Event, ...]:
        return tuple((self._news.get(job) or {}).values())

    @contextmanager
    def watch(self, job: JobId) -> Iterator[Watch]:
        watch = Watch(self._clock)
        self._watches.setdefault(job, set()).add(watch)
        try:
            yield watch
        finally:
            watches = self._watches[job]
            watches.discard(watch)
            if not watches:
                del self._watches[job]

    def _remember(self, job: JobId, event: Event) -> None:
        news = self._news.setdefault(job, dict)
        earlier = news.get(type(event), event)
        news[type(event)] = slim(newest(earlier, event))
