"""Which documents wait for the relay, and since when; pure, the time comes from outside."""

from dataclasses import dataclass, replace

from services.kit.documents.items import Outbox

__all__ = ["Backlog", "Key", "Waiting"]

Key = tuple[str, str]
"""Collection and id."""

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 10.0


@dataclass(frozen=True)
class Waiting:
    """A document with something to publish; `outbox` is none where it must be read first.

    `since` and `due` are readings of a monotonic clock in seconds.
    """

    key: Key
    outbox: Outbox | None
    since: float
    due: float
    failures: int = 0


class Backlog:
    """First come, first served, except for those that failed alone: they wait longer each time.

    Beyond `capacity` documents it takes no more: the sweep finds them later.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._waiting: dict[Key, Waiting] = {}
        self._taken: list[Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting) + len(self._taken)

    def put(self, key: Key, outbox: Outbox | None, now: float) -> None:
        known = self._waiting.get(key)
        if known is None:
            if len(self._waiting) < self._capacity:
                self._waiting[key] = Waiting(key, outbox, now, now)
        elif outbox and known.outbox and outbox.version > known.outbox.version:
            self._waiting[key] = replace(known, outbox=outbox)

    def take(self, width: int, now: float) -> list[Waiting]:
        """Up to `width` documents whose time has come. `done` or `failed` must follow."""
        due = [waiting for waiting in self._waiting.values() if waiting.due <= now][:width]
        for waiting in due:
            del self._waiting[waiting.key]
        self._taken = due
        return due

    def done(self) -> None:
        self._taken = []

    def failed(self, now: float) -> None:
        """What was taken waits again, to be read afresh; alone, it waits for longer each time."""
        taken, self._taken = self._taken, []
        for waiting in taken:
            known = self._waiting.get(waiting.key, waiting)
            failures = waiting.failures + (len(taken) == 1)
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (failures - 1)) if failures else 0.0
            again = replace(known, outbox=None, since=waiting.since, due=now + wait)
            self._waiting.pop(waiting.key, None)
            self._waiting[waiting.key] = replace(again, failures=failures)

    def count(self, collection: str) -> int:
        return sum(key[0] == collection for key in self._waiting)

    def next_due(self, now: float) -> float | None:
        """Seconds until one can be taken; none when nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, min(waiting.due for waiting in self._waiting.values()) - now)

    def oldest(self, now: float) -> float:
        """Seconds that the one longest here has waited; 0 when nothing waits."""
        every = [*self._waiting.values(), *self._taken]
        return now - min((waiting.since for waiting in every), default=now)
