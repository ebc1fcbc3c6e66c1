"""What this worker has taken on and how fast it draws, for its entry in the register."""

from collections.abc import Mapping

from services.contracts import Lane
from services.kit.clock import Clock
from services.render.core import Speed

__all__ = ["Meter"]


class Meter:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._speed = Speed()
        self._running = 0
        self._claimed: dict[Lane, float] = dict.fromkeys(Lane, 0.0)

    @property
    def speed(self) -> float | None:
        """Megapixel-steps per busy second; none before the first step."""
        return self._speed.rate

    @property
    def claimed(self) -> Mapping[Lane, float]:
        return dict(self._claimed)

    def took(self, lane: Lane, cost: float) -> None:
        self._claimed[lane] += cost

    def began(self) -> None:
        self._running += 1
        self._speed = self._speed.busy(self._clock.monotonic())

    def worked(self, cost: float) -> None:
        self._speed = self._speed.worked(cost, self._clock.monotonic())

    def ended(self) -> None:
        self._running -= 1
        self.worked(0.0)
        if not self._running:
            self._speed = self._speed.idle()
