"""Whether a job gets another attempt, and when."""

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["RetryPolicy"]

_SPREAD = 0.2


@dataclass(frozen=True)
class RetryPolicy:
    """`attempts` in all; after the k-th, a pause of the k-th delay in seconds (the last repeats).

    Each pause is spread by 20 % to either side, so that jobs which failed together come back apart.
    """

    attempts: int = 3
    delays: tuple[float, ...] = (5.0, 30.0, 120.0)

    def exhausted(self, spent: int) -> bool:
        return spent >= self.attempts

    def pause(self, spent: int, jitter: float) -> timedelta:
        """The pause after the `spent`-th attempt; `jitter` in 0..1 picks a point of the spread."""
        delay = self.delays[min(max(spent, 1), len(self.delays)) - 1]
        return timedelta(seconds=delay * (1 - _SPREAD + 2 * _SPREAD * jitter))
