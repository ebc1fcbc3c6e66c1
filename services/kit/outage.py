"""How long a part has been away, and when to come back to it."""

from collections.abc import Callable

__all__ = ["LONGEST_WAIT", "SHORTEST_WAIT", "Outage", "wait_after"]

SHORTEST_WAIT = 2.0
LONGEST_WAIT = 60.0
"""Seconds. OpenAI's clients before 3.0 pass over a Retry-After that is longer than a minute."""

_SPREAD = 0.5


class Outage:
    """Since when the calls to a part have failed, with none that worked in between."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since: float | None = None

    def worked(self) -> None:
        self._since = None

    def failed(self) -> float:
        """Notes one more failure; the seconds since the first."""
        now = self._monotonic()
        if self._since is None:
            self._since = now
        return now - self._since


def wait_after(lasting: float, draw: float) -> float:
    """Seconds to wait for a part that has been away for `lasting` seconds.

    The longer it has lasted, the later it may end: half of that time and SHORTEST_WAIT, and up to
    half more by `draw`, from 0 to 1, so that clients refused together don't come back together.
    Never more than LONGEST_WAIT.
    """
    surest = min(LONGEST_WAIT / (1 + _SPREAD), SHORTEST_WAIT + max(0.0, lasting) / 2)
    return surest * (1 + _SPREAD * draw)
