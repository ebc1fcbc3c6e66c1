"""So many at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.kit.errors import Unavailable
from services.kit.outage import Outage

__all__ = ["Seats"]


class Seats:
    """`limit` seats for `what`; who finds them all taken is told for how long that has been so."""

    def __init__(self, what: str, limit: int, monotonic: Callable[[], float]) -> None:
        self._what = what
        self._limit = limit
        self._taken = 0
        self._crowded = Outage(monotonic)

    @property
    def taken(self) -> int:
        return self._taken

    def refusal(self) -> Unavailable | None:
        """Why the next one gets no seat; none when there is one."""
        if self._taken < self._limit:
            return None
        detail = f"{self._limit} {self._what} at a time"
        return Unavailable("seats", detail, lasting=self._crowded.failed())

    @contextmanager
    def one(self) -> Iterator[None]:
        """A seat for the time of the block. Raises Unavailable when there is none."""
        if (full := self.refusal()) is not None:
            raise full
        self._crowded.worked()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
