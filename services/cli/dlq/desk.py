"""Where dead letters are worked on: reads their topics, and speaks to Kafka while it must."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from services.cli.dlq.choice import NoSuchLetter
from services.cli.dlq.replay import Heads, Replay, Report, newest_of_keys
from services.contracts import STREAMS, Stream
from services.kit.bus import (
    Connection,
    DeadLetter,
    Deed,
    Letterbox,
    Mark,
    Place,
    Producer,
    Slip,
    letters,
)
from services.kit.clock import Clock
from services.kit.component import Readiness

__all__ = ["Desk"]

_AT_ONCE = 1_000


class Desk:
    """Each call raises Unavailable or TopicMissing when Kafka or the topic is not there."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def boxes(self, topics: Sequence[str]) -> list[Letterbox]:
        return await Letterbox.read(self._connection, *topics)

    async def letter(self, box: Letterbox, place: Place) -> tuple[Slip, DeadLetter]:
        """Raises NoSuchLetter."""
        slip = next((one for one in box.slips if one.place == place), None)
        async with aclosing(letters(self._connection, box.topic, {place})) as found:
            async for _, letter in found:
                if slip:
                    return slip, letter
        raise NoSuchLetter(box.topic, place)

    async def replay(
        self, topic: str, chosen: Sequence[Slip], *, rate: float, dry: bool = False
    ) -> Report:
        """At most `rate` records a second; `dry` only tells what would be done."""
        if not chosen:
            return Report()
        stream = self._stream(topic)
        heads = await self._heads(stream)
        places = {slip.place for slip in chosen}
        async with (
            self._speaking() as producer,
            aclosing(letters(self._connection, topic, places)) as found,
        ):
            replay = Replay(topic, producer, self._clock, rate=rate, dry=dry)
            return await replay.run(found, stream, heads)

    async def drop(self, topic: str, chosen: Sequence[Slip]) -> None:
        """Marks them as dropped; they are gone when the topic's retention ends."""
        async with self._speaking() as producer:
            for start in range(0, len(chosen), _AT_ONCE):
                places = tuple(slip.place for slip in chosen[start : start + _AT_ONCE])
                mark = Mark(Deed.DROPPED, self._clock.now(), places)
                await producer.send(topic, mark.encode())

    def _stream(self, topic: str) -> Stream:
        stream = self._connection.stream(topic.removesuffix(".dlq"))
        assert stream is not None, f"{topic} is no topic of dead letters"
        return stream

    async def _heads(self, stream: Stream) -> Heads:
        if not STREAMS[stream].compacted:
            return {}
        return await newest_of_keys(self._connection, self._connection.topic(stream))

    @asynccontextmanager
    async def _speaking(self) -> AsyncIterator[Producer]:
        producer, stop = Producer(self._connection, self._clock, Readiness()), asyncio.Event()
        running = asyncio.create_task(producer.run(stop))
        try:
            yield producer
        finally:
            stop.set()
            await running
