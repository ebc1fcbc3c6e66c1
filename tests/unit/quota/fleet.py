"""Load reports as render's controller tells them."""

from datetime import datetime

from services.contracts import Lane
from services.contracts.events import Heat, LaneLoad, LoadReported, WorkerLoad, WorkerPhase

__all__ = ["report"]


def report(
    at: datetime,
    *,
    capacity: float = 10.0,
    wait: float = 0.0,
    deferred: float = 0.0,
    heat: Heat = Heat.COOL,
    pool: str = "default",
) -> LoadReported:
    """A free job would wait so long; `deferred` is that lane's backlog."""
    return LoadReported(
        at=at,
        pool=pool,
        reporter="0",
        fence=1,
        capacity=capacity,
        running=1,
        heat=heat,
        workers=(WorkerLoad(id="a", phase=WorkerPhase.READY, running=1),),
        lanes=(
            _lane(Lane.PAID, 0.0, 0.0),
            _lane(Lane.FREE, wait * capacity, wait),
            _lane(Lane.DEFERRED, deferred, wait),
        ),
    )


def _lane(lane: Lane, backlog: float, wait: float) -> LaneLoad:
    return LaneLoad(lane=lane, waiting=1, backlog=backlog, drain_rate=0.0, wait_seconds=wait)
