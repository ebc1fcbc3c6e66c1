"""When a loop last turned, for liveness."""

from services.kit.clock import Clock

__all__ = ["Pulse"]


class Pulse:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beaten_at = clock.monotonic()

    def beat(self) -> None:
        self._beaten_at = self._clock.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last turn."""
        return self._clock.monotonic() - self._beaten_at
