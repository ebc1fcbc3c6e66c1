"""How often each source has shown bad credentials lately."""

from collections import deque
from functools import partial

from services.kit.clock import Clock
from services.kit.remembered import Remembered

__all__ = ["AuthFailures"]


class AuthFailures:
    """Counts failures by source over a minute; good credentials always pass.

    `sources` bounds the memory: the source that failed longest ago is forgotten first.
    """

    def __init__(
        self, clock: Clock, *, allowed: int = 100, seconds: float = 60, sources: int = 10_000
    ) -> None:
        self._clock = clock
        self._allowed = allowed
        self._seconds = seconds
        self._failed: Remembered[str, deque[float]] = Remembered(sources)

    def count(self, source: str) -> float | None:
        """Counts one more; the seconds to wait when there were too many."""
        now = self._clock.monotonic()
        failed = self._failed.setdefault(source, partial(deque, maxlen=self._allowed))
        full = len(failed) == self._allowed and failed[0] > now - self._seconds
        wait = failed[0] + self._seconds - now if full else None
        if not full:
            failed.append(now)
        return wait
