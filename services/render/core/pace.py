"""How often a render speaks of its progress."""

from dataclasses import dataclass

__all__ = ["Pace"]


@dataclass(frozen=True)
class Pace:
    """At most `per_second` reports of one render, the last step always. Times are in seconds."""

    per_second: float
    spoke_at: float | None = None

    def allows(self, step: int, steps: int, now: float) -> bool:
        if self.spoke_at is None or step >= steps:
            return True
        return now - self.spoke_at >= 1 / self.per_second

    def spoken(self, now: float) -> "Pace":
        return Pace(self.per_second, now)
