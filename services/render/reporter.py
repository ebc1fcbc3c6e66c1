"""Measures each pool and tells its load."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.contracts import Envelope, EventId, Lane
from services.contracts.events import Heat, LoadReported, WorkerPhase
from services.kit.bus import LossyPublisher
from services.kit.clock import Clock
from services.kit.telemetry import metrics
from services.render.core import (
    PROMISED_WAIT,
    Drain,
    LineLoad,
    Measured,
    Roster,
    WorkerRecord,
    load_report,
)
from services.render.repository import Queue
from services.render.scaling import Scaler

__all__ = ["Reporter"]

_SHARE = 0.05
"""Of the time, at most, goes into looking at lines."""

_COLD_START_SECONDS = 10.0

Lines = Mapping[Lane, LineLoad]

_DEGREES = {heat: degree for degree, heat in enumerate(Heat)}


class Reporter:
    """`assumed_speed` is in megapixel-steps per second, for workers that nobody has measured."""

    def __init__(
        self,
        name: str,
        pools: Sequence[str],
        queue: Queue,
        publisher: LossyPublisher,
        clock: Clock,
        *,
        scaler: Scaler,
        assumed_speed: float,
        pace: float = 1.0,
    ) -> None:
        self._name = name
        self._queue = queue
        self._publisher = publisher
        self._clock = clock
        self._scaler = scaler
        self._assumed_speed = assumed_speed
        self._pace = pace
        self._drains = {pool: Drain() for pool in pools}
        self._lines: dict[str, Lines] = {}
        self._look_from = dict.fromkeys(pools, 0.0)

    @property
    def promised(self) -> timedelta:
        """How long a free job should wait at most."""
        return timedelta(seconds=PROMISED_WAIT[Lane.FREE] / self._pace)

    async def report(
        self, fence: int, records: dict[str, WorkerRecord], roster: Roster
    ) -> list[LoadReported]:
        """One LoadReported for each pool. `records` may hold workers that `roster` gave up.

        Answers those of the pools where a free job waits for longer than it was promised.
        """
        late = []
        for pool in self._drains:
            drain = self._drains[pool].observed(_of(pool, records), self._clock.monotonic())
            self._drains[pool] = drain
            measured = await self._measured(pool, drain, roster)
            wanted = self._scaler.decide(pool, measured)
            report = load_report(pool, self._name, fence, measured, wanted)
            self._publisher.send_lossy(Envelope(EventId.new(report.at), "render", report))
            _gauge(report, measured)
            if _age(measured.lines[Lane.FREE], measured) >= self.promised.total_seconds():
                late.append(report)
        return late

    async def _measured(self, pool: str, drain: Drain, roster: Roster) -> Measured:
        now = self._clock.monotonic()
        return Measured(
            workers=_of(pool, roster.workers),
            lines=await self._looked(pool),
            drained={lane: drain.rate(lane, now) for lane in Lane},
            assumed_speed=self._assumed_speed,
            cold_start=_COLD_START_SECONDS if self._scaler.may_be_empty else None,
            now=self._clock.now(),
            pace=self._pace,
        )

    async def _looked(self, pool: str) -> Lines:
        """What waits, or what waited a moment ago where the lines are so long that looks take."""
        began = self._clock.monotonic()
        if began >= self._look_from[pool]:
            self._lines[pool] = {lane: await self._queue.load_of(pool, lane) for lane in Lane}
            took = self._clock.monotonic() - began
            self._look_from[pool] = began + took / _SHARE
        return self._lines[pool]


def _of(pool: str, workers: Mapping[str, WorkerRecord]) -> dict[str, WorkerRecord]:
    return {name: worker for name, worker in workers.items() if worker.pool == pool}


def _gauge(report: LoadReported, measured: Measured) -> None:
    pool = report.pool
    metrics.WORKERS_WANTED.set(report.wanted or 0, pool=pool)
    metrics.HEAT.set(_DEGREES[report.heat], pool=pool)
    for phase in WorkerPhase:
        count = sum(worker.phase is phase for worker in report.workers)
        metrics.WORKERS.set(count, pool=pool, state=phase)
    for lane, line in measured.lines.items():
        metrics.QUEUE_WAITING.set(line.waiting, pool=pool, lane=lane)
        metrics.QUEUE_OLDEST_SECONDS.set(_age(line, measured), pool=pool, lane=lane)


def _age(line: LineLoad, measured: Measured) -> float:
    return max(0.0, (measured.now - line.since).total_seconds()) if line.since else 0.0
