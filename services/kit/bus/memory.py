"""A bus that is a list, for unit tests."""

from collections.abc import Sequence

from services.contracts import Envelope, Event, Stream, decode, encode
from services.kit.bus.model import Handler
from services.kit.errors import KitError

__all__ = ["MemoryBus"]


class MemoryBus:
    """Publishes into `published` (and `lossy`), and delivers from there.

    Each event goes through the wire format, so that what can't be read back fails here already.
    """

    def __init__(self) -> None:
        self.published: list[Envelope[Event]] = []
        self.lossy: list[Envelope[Event]] = []
        self._positions: dict[Handler, int] = {}
        self._failures: list[KitError] = []

    def fail_next(self, error: KitError) -> None:
        """The next `publish` raises this and keeps nothing."""
        self._failures.append(error)

    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.published.extend(_through_the_wire(envelope) for envelope in envelopes)

    def send_lossy(self, envelope: Envelope[Event]) -> None:
        self.lossy.append(_through_the_wire(envelope))

    def events(self, *streams: Stream) -> list[Event]:
        """What was published on these streams, or on all."""
        wanted = streams or tuple(Stream)
        return [envelope.data for envelope in self.published if envelope.stream in wanted]

    async def deliver(self, handler: Handler, *streams: Stream) -> int:
        """Hands `handler` all that it was not handed yet, what it publishes itself included.

        Answers how many. An error of the handler comes out, and its event comes again next time.
        """
        wanted = streams or tuple(Stream)
        delivered = 0
        while (position := self._positions.get(handler, 0)) < len(self.published):
            envelope = self.published[position]
            if envelope.stream in wanted:
                await handler(envelope)
                delivered += 1
            self._positions[handler] = position + 1
        return delivered


def _through_the_wire(envelope: Envelope[Event]) -> Envelope[Event]:
    return decode(encode(envelope))
