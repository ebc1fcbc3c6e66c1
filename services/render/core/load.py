"""The load of one pool, from what was measured: capacity, backlog, waits, heat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from services.contracts import Lane
from services.contracts.events import LaneLoad, LoadReported, WorkerLoad, WorkerPhase
from services.render.core.heat import heat_of
from services.render.core.lanes import FREE_FLOOR
from services.render.core.roster import WorkerRecord
from services.render.core.scaling import Asked

__all__ = ["LONGEST_WAIT", "LineLoad", "Measured", "asked_of", "load_report"]

LONGEST_WAIT = 3600.0
"""Seconds; what is predicted where nobody is there to draw, or it would take longer still."""


@dataclass(frozen=True)
class LineLoad:
    """What waits in one line. `head_ticket` is the lowest ticket, `since` the earliest arrival."""

    waiting: int = 0
    backlog: float = 0.0
    head_ticket: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One look at a pool. `drained` is cost per second by lane.

    `assumed_speed`, in cost per second, stands for workers until one of them has been measured.
    `cold_start` is the seconds until a worker draws that is started when it is needed; none where
    nobody would start one. Promised waits are divided by `pace`.
    """

    now: datetime
    workers: Mapping[str, WorkerRecord]
    lines: Mapping[Lane, LineLoad]
    drained: Mapping[Lane, float]
    assumed_speed: float
    cold_start: float | None = None
    pace: float = 1.0

    @property
    def typical_speed(self) -> float:
        """Of one worker."""
        found = _mean([one.speed for one in self.workers.values() if one.speed is not None])
        return self.assumed_speed if found is None else found

    @property
    def running(self) -> int:
        return sum(record.running for record in self.workers.values())


def asked_of(measured: Measured, offered: float | None) -> Asked:
    """What counts for how many workers there should be."""
    lines = measured.lines
    return Asked(
        offered=offered,
        drained=sum(measured.drained.values()),
        backlog=lines[Lane.PAID].backlog + lines[Lane.FREE].backlog,
        deferred=lines[Lane.DEFERRED].backlog,
        running=measured.running,
        speed=measured.typical_speed,
    )


def load_report(
    pool: str, reporter: str, fence: int, measured: Measured, wanted: int | None = None
) -> LoadReported:
    waits = _waits(measured)
    return LoadReported(
        at=measured.now,
        pool=pool,
        reporter=reporter,
        fence=fence,
        capacity=_capacity(measured, WorkerPhase.READY),
        workers=tuple(_worker(name, record, measured) for name, record in measured.workers.items()),
        lanes=tuple(
            _lane(lane, measured.lines[lane], measured.drained[lane], waits[lane]) for lane in Lane
        ),
        wanted=wanted,
        running=measured.running,
        heat=heat_of(waits, measured.pace),
    )


def _waits(measured: Measured) -> dict[Lane, float]:
    """How long one who joins now waits: for all that goes first, at the speed left for it.

    Paid jobs go first, so what paid drains is what the others don't get; free keeps its floor.
    """
    delay, capacity = _start(measured)
    ahead, taken, waits = 0.0, 0.0, {}
    for lane in Lane:
        ahead += measured.lines[lane].backlog
        speed = max(capacity - taken, FREE_FLOOR * capacity)
        waits[lane] = min(LONGEST_WAIT, delay + ahead / speed) if speed else LONGEST_WAIT
        taken += measured.drained[lane]
    return waits


def _start(measured: Measured) -> tuple[float, float]:
    """Seconds until someone draws, and at what speed then: starting workers count if they must."""
    if (ready := _capacity(measured, WorkerPhase.READY)) > 0:
        return 0.0, ready
    arrivals = [
        arrival
        for record in measured.workers.values()
        if record.phase is WorkerPhase.STARTING
        and (arrival := _expected_at(record, measured)) is not None
    ]
    if measured.cold_start is not None and not _capacity(measured, WorkerPhase.STARTING):
        return measured.cold_start, measured.typical_speed
    delay = min((at - measured.now for at in arrivals), default=timedelta(0))
    return max(0.0, delay.total_seconds()), _capacity(measured, WorkerPhase.STARTING)


def _capacity(measured: Measured, phase: WorkerPhase) -> float:
    return sum(
        measured.typical_speed if worker.speed is None else worker.speed
        for worker in measured.workers.values()
        if worker.phase is phase
    )


def _expected_at(record: WorkerRecord, measured: Measured) -> datetime | None:
    """When a starting worker is ready, going by how long the others took; a leaving one's last."""
    match record.phase:
        case WorkerPhase.DRAINING:
            return record.leaves_by
        case WorkerPhase.STARTING:
            taken = [w.loading_seconds for w in measured.workers.values() if w.loading_seconds]
            typical = _mean(taken)
            return record.started_at + timedelta(seconds=typical) if typical else None
        case WorkerPhase.READY:
            return None
        case _:
            assert_never(record.phase)


def _mean(figures: Sequence[float]) -> float | None:
    return sum(figures) / len(figures) if figures else None


def _worker(name: str, record: WorkerRecord, measured: Measured) -> WorkerLoad:
    return WorkerLoad(
        id=name,
        phase=record.phase,
        running=record.running,
        expected_at=_expected_at(record, measured),
    )


def _lane(lane: Lane, line: LineLoad, drained: float, wait: float) -> LaneLoad:
    return LaneLoad(
        lane=lane,
        waiting=line.waiting,
        backlog=line.backlog,
        head_ticket=line.head_ticket,
        drain_rate=drained,
        wait_seconds=wait,
    )
