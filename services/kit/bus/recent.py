"""Which events were just handled, so that most duplicates cost nothing."""

from services.contracts import EventId

__all__ = ["RecentIds"]


class RecentIds:
    """The last `capacity` ids. A help only: handlers are idempotent by themselves (law 4)."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._ids: dict[EventId, None] = {}

    def __contains__(self, event_id: EventId) -> bool:
        return event_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, event_id: EventId) -> None:
        self._ids.pop(event_id, None)
        self._ids[event_id] = None
        if len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]
