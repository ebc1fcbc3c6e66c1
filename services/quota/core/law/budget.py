"""How much cost of adaptive plans a second brings in: what paid jobs leave, and the backlog's due.

Feed-forward of measured capacity and admissions, with proportional feedback of the backlog: an
integrator under the gain 1/settle, which does not ring while settle is over e times its delay.
"""

from services.quota.core.law.constants import Constants
from services.quota.core.law.signal import Pressure, Signal, room_of

__all__ = ["budget_of"]


def budget_of(
    signal: Signal, pressure: Pressure, exempt: float, k: Constants, slow: float = 1.0
) -> float:
    """In megapixel-steps per second; never under the floor of free jobs.

    `slow` is how many times longer a wrong backlog may take.

    Workers that are about to be ready count in advance, as what is let in now is drawn then.
    """
    capacity = signal.capacity_within(k.target * k.free_wait)
    least = k.floor * capacity
    share = max(capacity - exempt, least)
    wanted_backlog = k.target * k.free_wait * share
    rest = room_of(capacity, exempt, k)
    due = (wanted_backlog - signal.free_backlog) / (slow * k.settle)
    budget = max(least, rest + max(-k.swing * rest, min(k.swing * rest, due)))
    if pressure.paid > k.early * k.paid_wait:
        spare = (k.paid_wait - pressure.paid) / ((1 - k.early) * k.paid_wait)
        budget = max(least, budget * spare)
    return budget
