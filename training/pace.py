"""Training by the clock: how far it is, how fast it learns, when it ends."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Pace", "rate"]

_WARM_STEPS = 100
_FALLS_FROM = 0.5
_LOWEST = 0.01


def rate(highest: float, step: int, done: float) -> float:
    """The learning rate: up over the first steps, level, down to a hundredth over the second half.

    `done` is the part of the time that is over, 0 to 1.
    """
    falling = min(1.0, (1 - done) / (1 - _FALLS_FROM))
    return highest * min(1.0, (step + 1) / _WARM_STEPS) * max(_LOWEST, falling)


@dataclass
class Pace:
    """Seconds for a whole training, and what was used of them before it was interrupted."""

    seconds: float
    used: float = 0.0
    step: int = 0
    clock: Callable[[], float] = time.monotonic

    def steps(self) -> Iterator[float]:
        """The part that is done, at each step until the time is over."""
        began = self.clock() - self.used
        while (done := (self.clock() - began) / self.seconds) < 1:
            yield done
            self.step += 1
            self.used = self.clock() - began
