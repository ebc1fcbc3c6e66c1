"""How far one partition is done without a gap: what may be committed, and no more (law 3)."""

from collections import deque

__all__ = ["OffsetPrefix"]


class OffsetPrefix:
    """Offsets begin in order and finish in any."""

    def __init__(self) -> None:
        self._open: deque[int] = deque()
        self._done: set[int] = set()
        self._next: int | None = None

    @property
    def next(self) -> int | None:
        """The offset to commit: one past the last of the done prefix; none while it is empty."""
        return self._next

    @property
    def open(self) -> int:
        """How many would come again if the process died now."""
        return len(self._open)

    @property
    def first_open(self) -> int | None:
        """The first offset without an outcome; none when all that began is done."""
        return self._open[0] if self._open else None

    def begin(self, offset: int) -> None:
        self._open.append(offset)

    def finish(self, offset: int) -> None:
        self._done.add(offset)
        while self._open and self._open[0] in self._done:
            self._next = self._open.popleft() + 1
            self._done.remove(self._next - 1)
