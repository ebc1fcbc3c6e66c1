"""Takes jobs back from workers that fell silent, and ends those that nobody began in time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from services.contracts import Lane
from services.kit.clock import Clock
from services.kit.documents import Change
from services.kit.telemetry import span
from services.render.core import (
    Claim,
    Entry,
    LeaseWatch,
    RetryPolicy,
    claim_of,
    defer,
    expire_lease,
    give_up_waiting,
    outcome,
    settle,
)
from services.render.repository import Queue

__all__ = ["Sweep"]


class Sweep:
    """`jitter` answers numbers in 0..1."""

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        *,
        lease_seconds: float,
        retries: RetryPolicy,
        jitter: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._retries = retries
        self._jitter = jitter
        self._watch = LeaseWatch(lease_seconds)

    async def leases(self) -> None:
        """To be called often: what counts is how long a lease was seen not to be renewed."""
        running = {found.job: found.entry for found in await self._queue.running()}
        self._watch = self._watch.observed(running.items(), self._clock.monotonic())
        for job, seen in self._watch.run_out().items():
            expire = partial(
                expire_lease,
                job=job,
                seen=seen,
                now=self._clock.now(),
                policy=self._retries,
                jitter=self._jitter(),
            )
            with span("render.expire_lease", parent=running[job].order.traceparent, job=job):
                await self._queue.decide(job, expire)

    async def too_late(self) -> None:
        """Cancels waiting jobs whose time to start has passed."""
        for found in await self._queue.too_late(self._clock.now()):
            give_up = partial(give_up_waiting, job=found.job, now=self._clock.now())
            with span("render.too_late", parent=found.entry.order.traceparent, job=found.job):
                await self._queue.decide(found.job, give_up)

    async def broken_promises(self, pool: str, promised: timedelta, wait: timedelta) -> None:
        """Moves free jobs that waited too long to the deferred lane; `wait` is what is left there.

        The front of the line is enough: those behind it come there.
        """
        now = self._clock.now()
        for found in await self._queue.front(pool, Lane.FREE, now):
            act = partial(defer, job=found.job, now=now, promised=promised, expected_at=now + wait)
            if act(found.entry) is not None:
                with span("render.defer", parent=found.entry.order.traceparent, job=found.job):
                    await self._queue.decide(found.job, act)

    async def bereave(self, worker: str) -> None:
        """Takes back at once whatever a worker held that is known to be dead."""
        for found in await self._queue.held_by(worker):
            if (claim := claim_of(found.entry, found.job, worker)) is not None:
                with span("render.bereave", parent=found.entry.order.traceparent, job=found.job):
                    await self._queue.decide(found.job, partial(self._died, claim=claim))

    def _died(self, entry: Entry | None, claim: Claim) -> Change[Entry] | None:
        return settle(
            entry,
            claim,
            outcome.Crashed("worker_died"),
            now=self._clock.now(),
            policy=self._retries,
            jitter=self._jitter(),
        )
