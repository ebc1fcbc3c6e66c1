"""The controller: one leader among the replicas sweeps the queue and reports the load."""

import asyncio
from datetime import timedelta

import structlog

from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.errors import KitError
from services.kit.lease import Lease
from services.kit.pause import pause
from services.render.core import Roster, WorkerRecord
from services.render.reporter import Reporter
from services.render.repository import Workers
from services.render.sweep import Sweep

__all__ = ["Controller"]

_log = structlog.get_logger("render.controller")

_WORKERS = "workers"
_MODELS = "models"
_LONGEST_REASON = 200
_EVERY_SECONDS = 1.0


class Controller:
    """A Component that turns once a second.

    With `needs_workers`, the service counts as ready only while some worker is. What workers can't
    serve it tells in any case.
    """

    name = "controller"

    def __init__(
        self,
        workers: Workers,
        sweep: Sweep,
        reporter: Reporter,
        lease: Lease,
        *,
        clock: Clock,
        readiness: Readiness,
        needs_workers: bool,
    ) -> None:
        self._workers = workers
        self._sweep = sweep
        self._reporter = reporter
        self._lease = lease
        self._clock = clock
        self._readiness = readiness
        self._needs_workers = needs_workers
        self._roster = Roster()
        self._see()

    @property
    def roster(self) -> Roster:
        """The workers as of the last look."""
        return self._roster

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._attempt()
            await pause(self._clock, _EVERY_SECONDS, stop)
        try:
            await self._lease.release()
        except KitError as error:
            _log.warning("lease_not_released", reason=str(error))

    async def turn(self) -> None:
        """One look at the fleet; the leader acts on it. Raises Unavailable."""
        records = await self._workers.all()
        self._roster = self._roster.observed(records.items(), self._clock.monotonic())
        self._see()
        if await self._lease.hold() is not None:
            await self._lead(records)

    async def _lead(self, records: dict[str, WorkerRecord]) -> None:
        await self._sweep.leases()
        await self._sweep.too_late()
        if (fence := self._lease.fence) is not None:
            for late in await self._reporter.report(fence, records, self._roster):
                wait = max(lane.wait_seconds for lane in late.lanes)
                await self._sweep.broken_promises(
                    late.pool, self._reporter.promised, timedelta(seconds=wait)
                )

    async def _attempt(self) -> None:
        try:
            await self.turn()
        except KitError as error:
            _log.warning("controller_failed", reason=str(error))

    def _see(self) -> None:
        if self._needs_workers and not self._roster.ready:
            self._readiness.block(_WORKERS, "no worker is ready")
        else:
            self._readiness.clear(_WORKERS)
        if troubles := self._roster.troubles:
            self._readiness.degrade(_MODELS, "; ".join(troubles)[:_LONGEST_REASON])
        else:
            self._readiness.clear(_MODELS)
