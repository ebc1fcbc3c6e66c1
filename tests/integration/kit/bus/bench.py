"""A bus on real Kafka for one test, and how to wait for what it does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from services.contracts import Envelope, Event, Stream, WireRecord, decode
from services.contracts.streams import dead_letter_topic
from services.kit.bus import (
    Connection,
    DeadLetter,
    Group,
    Handler,
    Patience,
    Producer,
    Table,
    Tail,
    read_through,
)
from services.kit.clock import SystemClock
from services.kit.component import Component, Readiness

E = TypeVar("E", bound=Event)

__all__ = ["Bench", "Heard", "eventually", "running"]


async def eventually(condition: Callable[[], bool], within: float = 30.0) -> float:
    """Waits until it holds, and answers for how long it waited."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, "it never came to be"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


@asynccontextmanager
async def running(*components: Component) -> AsyncIterator[None]:
    """The components run inside the block and are stopped, in bounded time, after it."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for component in components:
            tasks.create_task(component.run(stop))
        try:
            yield
        finally:
            stop.set()


class Heard:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope[Event]] = []

    async def __call__(self, envelope: Envelope[Event]) -> None:
        self.envelopes.append(envelope)

    def __contains__(self, envelope: object) -> bool:
        return envelope in self.envelopes

    def of(self, key: str) -> list[Envelope[Event]]:
        return [envelope for envelope in self.envelopes if envelope.data.key == key]


class Bench:
    """One prefix on one broker."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.clock = SystemClock()
        self.readiness = Readiness()
        self.connection = Connection(bootstrap, topic_prefix=prefix)
        self.producer = Producer(self.connection, self.clock, self.readiness)

    def group(
        self,
        handler: Handler,
        *streams: Stream,
        replica: str = "0",
        patience: Patience | None = None,
        readiness: Readiness | None = None,
    ) -> Group:
        return Group(
            self.connection,
            "test",
            streams or (Stream.CANCELLATIONS,),
            handler,
            clock=self.clock,
            readiness=readiness or self.readiness,
            replica=replica,
            producer=self.producer,
            patience=patience,
            drain=2.0,
        )

    def tail(self, *streams: Stream) -> Tail:
        wanted = streams or (Stream.CANCELLATIONS,)
        return Tail(self.connection, wanted, clock=self.clock, readiness=self.readiness)

    def table(self, stream: Stream, event_class: type[E]) -> Table[E]:
        return Table(
            self.connection, stream, event_class, clock=self.clock, readiness=self.readiness
        )

    async def ready(self, within: float = 30.0) -> float:
        return await eventually(lambda: not self.readiness.reasons, within)

    async def put(self, stream: Stream, value: bytes, key: bytes = b"k") -> None:
        """A record that nobody of ours would write."""
        await self.producer.send(self.connection.topic(stream), WireRecord(key, value, ()))

    async def producer_put(self, stream: Stream, wire: WireRecord, *, dead: bool = True) -> None:
        """A record as it is, beside the stream or on it, with the producer run for just that."""
        topic = self.connection.topic(stream)
        async with running(self.producer):
            await self.producer.send(dead_letter_topic(topic) if dead else topic, wire)

    async def records(self, topic: str) -> list[WireRecord]:
        """All that lie in a topic."""
        return [record.wire async for record in read_through(self.connection, topic)]

    async def events(self, stream: Stream) -> list[Event]:
        return [decode(wire).data for wire in await self.records(self.connection.topic(stream))]

    async def dead_letters(self, stream: Stream) -> list[DeadLetter]:
        topic = dead_letter_topic(self.connection.topic(stream))
        return [DeadLetter.decode(wire) for wire in await self.records(topic)]
