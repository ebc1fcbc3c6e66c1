"""The fleet's heat as the law reads it: what is reported, and what is foreseen."""

from dataclasses import dataclass
from datetime import datetime

from services.contracts import Lane
from services.contracts.events import LoadReported, WorkerPhase
from services.quota.core.law.constants import Constants

__all__ = ["Pressure", "Signal", "pressure_of", "read_signal", "room_of"]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One load report. Costs in megapixel-steps, capacities in those per second.

    `coming` are the seconds until each starting worker is ready, with what it adds; none where
    nobody can say. `leaving` is true while a worker is drained.
    """

    at: datetime
    capacity: float
    paid_backlog: float = 0.0
    free_backlog: float = 0.0
    deferred_backlog: float = 0.0
    paid_wait: float = 0.0
    free_wait: float = 0.0
    coming: tuple[tuple[float | None, float], ...] = ()
    leaving: bool = False

    @property
    def free_speed(self) -> float:
        """At what rate the backlog before a free job goes away: what paid arrivals leave."""
        backlog = self.paid_backlog + self.free_backlog
        return backlog / self.free_wait if backlog and self.free_wait else self.capacity

    def capacity_within(self, seconds: float) -> float:
        """What there is, and what is expected by then."""
        return self.capacity + sum(
            speed for wait, speed in self.coming if wait is not None and wait <= seconds
        )

    @property
    def capacity_ahead(self) -> float:
        """What there is once every starting worker draws."""
        return self.capacity + sum(speed for _, speed in self.coming)


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """Predicted waits of a newcomer in seconds; `ahead` is the free one a look-ahead later.

    `worst` is the larger of the two, each as a share of what its lane is promised.
    """

    paid: float
    free: float
    ahead: float
    worst: float


def read_signal(report: LoadReported) -> Signal:
    lanes = {lane.lane: lane for lane in report.lanes}
    backlog = {lane: lanes[lane].backlog if lane in lanes else 0.0 for lane in Lane}
    waits = {lane: lanes[lane].wait_seconds if lane in lanes else 0.0 for lane in Lane}
    ready = sum(worker.phase is WorkerPhase.READY for worker in report.workers)
    speed = report.capacity / ready if ready else 0.0
    coming = tuple(
        ((worker.expected_at - report.at).total_seconds() if worker.expected_at else None, speed)
        for worker in report.workers
        if worker.phase is WorkerPhase.STARTING
    )
    return Signal(
        at=report.at,
        capacity=report.capacity,
        paid_backlog=backlog[Lane.PAID],
        free_backlog=backlog[Lane.FREE],
        deferred_backlog=backlog[Lane.DEFERRED],
        paid_wait=waits[Lane.PAID],
        free_wait=waits[Lane.FREE],
        coming=coming,
        leaving=any(worker.phase is WorkerPhase.DRAINING for worker in report.workers),
    )


def room_of(capacity: float, exempt: float, k: Constants) -> float:
    """What adaptive plans could use for long: what exempt ones leave, or their floor."""
    return max(k.floor * capacity, k.use * capacity - exempt)


def pressure_of(signal: Signal, exempt: float, adaptive: float, k: Constants) -> Pressure:
    """`exempt` and `adaptive` are offered costs per second.

    Surplus demand lengthens the free wait by what of it comes within the look-ahead.
    """
    left = max(signal.capacity - exempt, k.floor * signal.capacity)
    surplus = max(0.0, adaptive + exempt - signal.capacity_within(k.look_ahead))
    ahead = signal.free_wait + (surplus * k.look_ahead / left if left else 0.0)
    worst = max(signal.paid_wait / k.paid_wait, signal.free_wait / k.free_wait)
    return Pressure(paid=signal.paid_wait, free=signal.free_wait, ahead=ahead, worst=worst)
