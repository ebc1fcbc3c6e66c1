"""News that may be lost, on its way to the producer: bounded, and never stale."""

import asyncio
from collections import deque

from services.contracts import Envelope, Event
from services.kit.clock import Clock

__all__ = ["LossyBuffer"]


class LossyBuffer:
    """When full, the oldest goes: the next news replaces it anyway."""

    def __init__(self, clock: Clock, size: int = 1000, seconds: float = 3.0) -> None:
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._waiting: deque[tuple[float, Envelope[Event]]] = deque()
        self._filled = asyncio.Event()

    def put(self, envelope: Envelope[Event]) -> Envelope[Event] | None:
        """Answers the event that had to make room, if any."""
        dropped = self._waiting.popleft()[1] if len(self._waiting) == self._size else None
        self._waiting.append((self._clock.monotonic() + self._seconds, envelope))
        self._filled.set()
        return dropped

    async def take(self) -> tuple[list[Envelope[Event]], list[Envelope[Event]]]:
        """Waits for news; answers what is fresh, and what became stale meanwhile."""
        await self._filled.wait()
        self._filled.clear()
        now = self._clock.monotonic()
        fresh = [envelope for until, envelope in self._waiting if until >= now]
        stale = [envelope for until, envelope in self._waiting if until < now]
        self._waiting.clear()
        return fresh, stale
