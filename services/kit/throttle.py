"""How much of something may be done in a while: a bucket of tokens for each key."""

from dataclasses import dataclass
from functools import partial

from services.kit.clock import Clock
from services.kit.remembered import Remembered

__all__ = ["Throttle"]


@dataclass
class _Bucket:
    left: float
    at: float


class Throttle:
    """`rate` a second in the long run, `burst` at once, on this replica alone.

    `keys` bounds the memory: who did it longest ago begins anew.
    """

    def __init__(self, clock: Clock, *, rate: float, burst: float, keys: int = 10_000) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._buckets: Remembered[str, _Bucket] = Remembered(keys)

    def passes(self, key: str) -> bool:
        """Counts one more where there is room for it."""
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(key, partial(_Bucket, self._burst, now))
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
