"""How services speak and listen, without a word of Kafka."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.contracts import Envelope, Event

__all__ = ["Handler", "Publisher"]

Handler = Callable[[Envelope[Event]], Awaitable[None]]
"""Makes an event's outcome durable, and is harmless when called twice for it.

Raises Unavailable (the reader pauses and calls again) or Unprocessable (dead letter); any other
exception is a fault of ours: tried again a few times, then dead-lettered with its stack.
"""


class Publisher(Protocol):
    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        """Returns when all brokers in sync have every event. Raises Unavailable; then some may be.

        Events of one key keep their order.
        """
        ...
