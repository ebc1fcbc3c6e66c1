"""A delivery with a handler that does as told, and dead letters that are only noted."""

from datetime import timedelta

from services.contracts import Envelope, Event, Stream, WireRecord
from services.kit.bus import DeadLetter, Patience
from services.kit.bus.dead_letters import DeadLetters
from services.kit.bus.delivery import Delivery
from services.kit.bus.gate import Gate
from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from tests.unit.kit.bus.samples import (
    CANCELLATIONS,
    SUBMISSIONS,
    turns,
)

USAGE = "heatsink.usage.v1"
STREAMS = {
    CANCELLATIONS: Stream.CANCELLATIONS,
    SUBMISSIONS: Stream.SUBMISSIONS,
    USAGE: Stream.USAGE,
}


class Sender:
    def __init__(self) -> None:
        self.sent: list[tuple[str, WireRecord]] = []
        self.failures: list[Unavailable] = []

    async def send(self, topic: str, wire: WireRecord) -> None:
        if self.failures:
            raise self.failures.pop()
        self.sent.append((topic, wire))

    @property
    def letters(self) -> list[DeadLetter]:
        return [DeadLetter.decode(wire) for _, wire in self.sent]


class Handler:
    """Raises what it is told to, in order, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.handled: list[Envelope[Event]] = []
        self.calls = 0

    async def __call__(self, envelope: Envelope[Event]) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        self.handled.append(envelope)


class Bench:
    def __init__(self, handler: Handler, *, patience: Patience | None = None) -> None:
        self.clock = ManualClock()
        self.gate = Gate(self.clock)
        self.sender = Sender()
        self.delivery = Delivery(
            "test",
            STREAMS,
            handler,
            clock=self.clock,
            gate=self.gate,
            dead_letters=DeadLetters(self.sender, "test", self.clock),
            at_once=16,
            patience=patience or Patience(),
        )

    async def passes(self, seconds: float) -> None:
        await self.clock.advance(timedelta(seconds=seconds))
        await turns()
