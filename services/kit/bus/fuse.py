"""A fuse against bad deploys: they must stop, not drain a topic into its dead letters."""

from collections import deque

__all__ = ["Fuse"]


class Fuse:
    """Blows when too many records in a row, or too large a share of the last ones, are bad.

    The share counts against the whole window, so that one bad record among the first few is none.
    """

    def __init__(self, in_a_row: int = 20, share: float = 0.01, window: int = 10_000) -> None:
        self._in_a_row = in_a_row
        self._window = window
        self._allowed = int(share * window)
        self._seen = 0
        self._row = 0
        self._bad: deque[int] = deque()
        self._blown = False

    @property
    def blown(self) -> bool:
        """Stays so: a human decides when it is over, by a restart."""
        return self._blown

    def good(self) -> None:
        self._seen += 1
        self._row = 0

    def bad(self) -> bool:
        """Counts a bad record; true when the fuse is blown."""
        self._seen += 1
        self._row += 1
        self._bad.append(self._seen)
        while self._bad[0] <= self._seen - self._window:
            self._bad.popleft()
        self._blown |= self._row >= self._in_a_row or len(self._bad) > self._allowed
        return self._blown
