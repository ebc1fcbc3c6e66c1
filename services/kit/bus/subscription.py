"""A bounded buffer between a tail and one reader of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from services.contracts import Envelope, Event
from services.kit.bus.errors import SubscriptionOverflow

__all__ = ["Match", "Subscription"]

Match: TypeAlias = Callable[[Envelope[Event]], bool]


class Subscription(AsyncIterator[Envelope[Event]]):
    """The events that match, in the order the tail heard them.

    When more than `size` wait, it is closed: what waits can still be read, then comes
    SubscriptionOverflow, because what follows would have a gap.
    """

    def __init__(self, match: Match, size: int) -> None:
        self._match = match
        self._size = size
        self._waiting: deque[Envelope[Event]] = deque()
        self._filled = asyncio.Event()
        self._overflowed = False

    @property
    def overflowed(self) -> bool:
        return self._overflowed

    def offer(self, envelope: Envelope[Event]) -> None:
        if self._overflowed or not self._match(envelope):
            return
        if len(self._waiting) == self._size:
            self._overflowed = True
        else:
            self._waiting.append(envelope)
        self._filled.set()

    async def next(self, timeout: float | None = None) -> Envelope[Event] | None:  # noqa: ASYNC109 - a wait that ends without an event is an answer here, not an error
        """The next event; none when `timeout` seconds brought none. Raises SubscriptionOverflow."""
        try:
            async with asyncio.timeout(timeout):
                while not self._waiting:
                    if self._overflowed:
                        raise SubscriptionOverflow(self._size)
                    self._filled.clear()
                    await self._filled.wait()
        except TimeoutError:
            return None
        return self._waiting.popleft()

    async def __anext__(self) -> Envelope[Event]:
        envelope = await self.next()
        assert envelope is not None
        return envelope
