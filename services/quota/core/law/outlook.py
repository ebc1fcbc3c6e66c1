"""When the limits should be the plans' own again, as far as anybody can say."""

from services.quota.core.law.constants import Constants
from services.quota.core.law.signal import Signal, room_of
from services.quota.core.law.state import LawState

__all__ = ["ends_in", "relax_seconds"]


def relax_seconds(m: float, to: float, k: Constants) -> float:
    """How long the multiplier takes from `m` up to `to`, if nothing stands in its way."""
    ticks = 0
    while m < to:
        m = m * k.relax_factor + k.relax_step
        ticks += 1
    return ticks * k.tick


def ends_in(state: LawState, signal: Signal, exempt: float, k: Constants) -> float | None:
    """Seconds until m is 1 again; none while more is asked for than will ever be there.

    It begins to rise once there is room: now, or when the workers that are starting draw.
    """
    room = room_of(signal.capacity_ahead, exempt, k)
    if state.wanted > room:
        return None
    waits = [wait for wait, _ in signal.coming if wait is not None]
    begins = 0.0 if state.wanted <= state.budget else max(waits, default=None)
    if begins is None:
        return None
    confirming = max(0.0, k.loose_for - state.loose_for)
    return max(0.0, begins) + confirming + relax_seconds(state.m, 1.0, k)
