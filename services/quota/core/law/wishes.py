"""What accounts have asked for lately, admitted or not, and the multiplier that lets in a budget.

The inversion of the requests' distribution is Uber Cinnamon's idea (a reject ratio becomes a
threshold by the CDF of recent priorities), the priority a hash of the account as in DAGOR (SoCC
2018): the map from multiplier to admitted cost is known then, and the loop has one known gain.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.contracts import Lane

__all__ = ["Wish", "Wishes", "critical_multiplier"]


def critical_multiplier(wanted: int, images: int, h: float) -> float:
    """The least m at which `effective_limit(images, m, h)` has room for `wanted` units."""
    return min(1.0, max(0.0, (wanted - h) / images))


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One request within its plan's own limit. `cost` is in megapixel-steps.

    `wanted` are the units that the account would have in use with it. `critical` is None where no
    multiplier applies; 0 where it was promised.
    """

    account: str
    wanted: int
    at: datetime
    lane: Lane
    cost: float
    critical: float | None = None


@dataclass(frozen=True)
class Wishes:
    """The wishes of the last `memory` seconds; who asks again for the same counts once."""

    memory: float
    latest: dict[tuple[str, int], Wish] = field(default_factory=dict)

    def heard(self, wishes: Iterable[Wish], now: datetime) -> "Wishes":
        """With these, without those that are too old."""
        since = now - timedelta(seconds=self.memory)
        latest = {key: wish for key, wish in self.latest.items() if wish.at > since}
        for wish in wishes:
            key = (wish.account, wish.wanted)
            held = latest.get(key)
            if wish.at > since and (held is None or held.at <= wish.at):
                latest[key] = wish
        return Wishes(self.memory, latest)

    def offered(self) -> dict[Lane, float]:
        """Cost per second by lane, at the plans' own limits."""
        totals = dict.fromkeys(Lane, 0.0)
        for wish in self.latest.values():
            totals[wish.lane] += wish.cost
        return {lane: total / self.memory for lane, total in totals.items()}

    @property
    def exempt(self) -> float:
        """Cost per second to which no multiplier applies."""
        return self._rate(wish.cost for wish in self.latest.values() if wish.critical is None)

    @property
    def adaptive(self) -> float:
        """Cost per second to which it applies, at a multiplier of 1."""
        return self._rate(wish.cost for wish in self.latest.values() if wish.critical is not None)

    def noise(self, budget: float) -> float:
        """The relative standard error of a multiplier for this budget, by counting (Poisson).

        What is exempt is as uncertain as what passes, and the budget is what it leaves.
        """
        if budget <= 0:
            return 0.0
        squares, left = 0.0, budget * self.memory
        for wish in self.latest.values():
            if wish.critical is None:
                squares += wish.cost**2
        passing = min(left, self.adaptive * self.memory)
        costs = [wish.cost for wish in self.latest.values() if wish.critical is not None]
        squares += passing * (sum(costs) / len(costs) if costs else 0.0)
        return math.sqrt(squares) / left

    def multiplier(self, budget: float) -> float:
        """The m at which wishes of `budget` cost per second pass; 1 where all do.

        Between two wishes it lies where the budget does.
        """
        left, below = budget * self.memory, 0.0
        for critical, cost in sorted(
            (wish.critical, wish.cost) for wish in self.latest.values() if wish.critical is not None
        ):
            if cost > left:
                return below + (critical - below) * max(0.0, left) / cost
            left, below = left - cost, critical
        return 1.0

    def _rate(self, costs: Iterable[float]) -> float:
        return sum(costs) / self.memory
