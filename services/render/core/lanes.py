"""Which lane a free slot serves next: paid first, but for a floor that free jobs keep."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts import Lane

__all__ = ["FREE_FLOOR", "LaneChoice", "choose_lane"]

FREE_FLOOR = 0.05
"""Share of the drawn cost that goes to waiting free jobs, however many paid ones wait."""

_CREDIT_PER_COST = FREE_FLOOR / (1 - FREE_FLOOR)


@dataclass(frozen=True)
class LaneChoice:
    """The lane, and the cost that free jobs are owed after it."""

    lane: Lane
    credit: float


def choose_lane(heads: Mapping[Lane, float], credit: float) -> LaneChoice | None:
    """`heads` has the cost of the first job of each lane that has one; none when none has.

    Paid jobs that pass waiting free ones earn them credit; with enough for its first job, the free
    lane goes. Deferred jobs go when nobody else waits.
    """
    paid, free = heads.get(Lane.PAID), heads.get(Lane.FREE)
    if paid is not None and free is not None:
        if credit >= free:
            return LaneChoice(Lane.FREE, credit - free)
        return LaneChoice(Lane.PAID, credit + paid * _CREDIT_PER_COST)
    waiting = next((lane for lane in Lane if lane in heads), None)
    return LaneChoice(waiting, 0.0) if waiting else None
