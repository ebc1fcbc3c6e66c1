"""How long a job that waits will wait, as far as that can be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contracts import Lane
from services.contracts.events import LaneLoad, LoadReported, WorkerPhase

__all__ = ["Prospect", "predicted_wait", "prospect"]

_FRESH = timedelta(seconds=30)
"""The fleet reports each second; what is older may be true of no worker that is left."""

_DRAWING = frozenset({WorkerPhase.READY, WorkerPhase.STARTING})


@dataclass(frozen=True)
class Prospect:
    """When a job that waits should start; `waiting`: how many of its lane do, itself included."""

    waiting: int
    earliest: datetime
    latest: datetime


def predicted_wait(load: LoadReported | None, lane: Lane, now: datetime) -> float | None:
    """Seconds as the fleet predicts them for one who joins now; none where nobody can tell."""
    told = _lane(load, lane, now)
    return told.wait_seconds if told else None


def prospect(
    load: LoadReported | None, lane: Lane, ticket: float, now: datetime
) -> Prospect | None:
    """From how far the lane has come; none where nobody can tell.

    Lower tickets go first. Between the first ticket of the lane and this one lies as much cost as
    the two differ by, if one account alone is before it, and the whole backlog at most (start-time
    fair queueing, ADR 0007).
    """
    told = _lane(load, lane, now)
    if told is None:
        return None
    before = max(0.0, ticket - (ticket if told.head_ticket is None else told.head_ticket))
    share = min(1.0, before / told.backlog) if told.backlog else 0.0
    return Prospect(
        waiting=told.waiting,
        earliest=now + timedelta(seconds=told.wait_seconds * share),
        latest=now + timedelta(seconds=told.wait_seconds),
    )


def _lane(load: LoadReported | None, lane: Lane, now: datetime) -> LaneLoad | None:
    """What the fleet says of a lane; none without a worker or without fresh word of any."""
    if load is None or now - load.at > _FRESH:
        return None
    if all(worker.phase not in _DRAWING for worker in load.workers):
        return None
    return next((one for one in load.lanes if one.lane is lane), None)
