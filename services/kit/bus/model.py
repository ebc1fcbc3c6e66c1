"""How services speak and listen, without a word of Kafka."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.contracts import DecodeError, Envelope, Event, WireRecord

__all__ = ["Handler", "LossyPublisher", "Publisher", "Record", "Unreadable"]

Handler = Callable[[Envelope[Event]], Awaitable[None]]
"""Makes an event's outcome durable, and is harmless when called twice for it.

Raises Unavailable (the reader pauses and calls again) or Unprocessable (dead letter); any other
exception is a fault of ours: tried again a few times, then dead-lettered with its stack.
"""


Unreadable = Callable[[DecodeError], Awaitable[bool]]
"""Told of a record that is no event, before it becomes a dead letter; True where it need not.

Raises what a handler does.
"""


class Publisher(Protocol):
    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        """Returns when all brokers in sync have every event. Raises Unavailable; then some may be.

        Events of one key keep their order. Raises Unprocessable, before anything is sent, for an
        event that Kafka will never take.
        """
        ...


class LossyPublisher(Protocol):
    def send_lossy(self, envelope: Envelope[Event]) -> None:
        """Publishes soon or never, and never waits: for news that the next news replaces."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read: where it lay, when it was written, and its bytes."""

    topic: str
    partition: int
    offset: int
    time: datetime
    wire: WireRecord
