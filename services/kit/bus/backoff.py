"""How long to wait before the next try."""

import random

__all__ = ["Backoff"]

_RANDOM = random.SystemRandom()


class Backoff:
    """Doubles from `first` to `longest` seconds, each wait drawn from its upper half.

    The draw keeps replicas that failed together from coming back together.
    """

    def __init__(self, first: float = 0.2, longest: float = 10.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        wait = min(self._longest, self._first * 2.0**self._failures)
        self._failures = min(self._failures + 1, 30)
        return _RANDOM.uniform(wait / 2, wait)

    def reset(self) -> None:
        self._failures = 0
