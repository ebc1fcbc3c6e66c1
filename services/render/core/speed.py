"""How fast an engine works, from its own steps."""

import math
from dataclasses import dataclass

__all__ = ["Speed"]

_MEMORY_SECONDS = 30.0


@dataclass(frozen=True)
class Speed:
    """Cost per second of busy time, the last half minute weighing most. Times are in seconds."""

    cost: float = 0.0
    seconds: float = 0.0
    busy_since: float | None = None

    @property
    def rate(self) -> float | None:
        return self.cost / self.seconds if self.seconds > 0 else None

    def busy(self, now: float) -> "Speed":
        """Work begins; where some was under way already, nothing changes."""
        return self if self.busy_since is not None else Speed(self.cost, self.seconds, now)

    def idle(self) -> "Speed":
        return Speed(self.cost, self.seconds)

    def worked(self, cost: float, now: float) -> "Speed":
        """`cost` got done since the last word of it."""
        if self.busy_since is None:
            return self
        elapsed = max(0.0, now - self.busy_since)
        kept = math.exp(-elapsed / _MEMORY_SECONDS)
        return Speed(self.cost * kept + cost, self.seconds * kept + elapsed, now)
