"""How long a job that waits will wait, where that can be told."""

from datetime import datetime, timedelta

from services.contracts import Lane
from services.contracts.events import LoadReported, WorkerPhase

__all__ = ["predicted_wait"]

_FRESH = timedelta(seconds=30)
"""The fleet reports each second; what is older may be true of no worker that is left."""

_DRAWING = frozenset({WorkerPhase.READY, WorkerPhase.STARTING})


def predicted_wait(load: LoadReported | None, lane: Lane, now: datetime) -> float | None:
    """Seconds as the fleet predicts them; none without a worker or without fresh word of any."""
    if load is None or now - load.at > _FRESH:
        return None
    if all(worker.phase not in _DRAWING for worker in load.workers):
        return None
    return next((one.wait_seconds for one in load.lanes if one.lane is lane), None)
