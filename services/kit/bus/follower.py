"""Reading whole topics without a group: every replica for itself, nothing committed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import structlog

from services.kit.bus.admin import partitions
from services.kit.bus.connection import Connection
from services.kit.bus.kafka import AIOKafkaConsumer, TopicPartition
from services.kit.bus.model import Record
from services.kit.bus.polling import CONSUMER_OPTIONS, Batch, poll, still_there
from services.kit.bus.supervision import Supervisor, discard, start
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.telemetry import metrics

__all__ = ["Follower", "Start"]

log = structlog.get_logger(__name__)

_LOOK_EVERY = 5.0
_ANSWER_WITHIN = 8.0
_AT_ONCE = 50

Places = Sequence[TopicPartition]


class Start(StrEnum):
    """Where a follower begins; once it has begun it goes on from where it was."""

    BEGINNING = "beginning"
    END = "end"


class Follower:
    """Hands every record to `receive`, in order per partition, through all failures of Kafka.

    A fault of `receive` costs that one record, which is told, and no other.
    It has caught up when it has read all that was there when it (re)connected; then readiness is
    clear. At END that is so as soon as it has its positions: what is written later is heard.
    """

    def __init__(
        self,
        connection: Connection,
        topics: Sequence[str],
        begin: Start,
        receive: Callable[[Record], None],
        *,
        name: str,
        clock: Clock,
        readiness: Readiness,
    ) -> None:
        self._connection = connection
        self._name = name
        self._topics = topics
        self._begin = begin
        self._receive = receive
        self._clock = clock
        self._supervisor = Supervisor(name, clock, readiness)
        self._positions: dict[TopicPartition, int] = {}
        self.caught_up = asyncio.Event()

    @property
    def poll_age(self) -> float:
        """Seconds since the loop last turned."""
        return self._supervisor.pulse.age

    async def run(self, stop: asyncio.Event) -> None:
        await self._supervisor.run(self._session, stop)

    async def _session(self, stop: asyncio.Event) -> None:
        places = await partitions(self._connection, self._topics)
        consumer = AIOKafkaConsumer(**self._connection.options(), **CONSUMER_OPTIONS)
        try:
            await start(consumer, stop)
            if not stop.is_set():
                ends = await self._take_position(consumer, places)
                await self._turn(consumer, ends, stop)
        finally:
            await discard(consumer)

    async def _take_position(
        self, consumer: AIOKafkaConsumer, places: Places
    ) -> dict[TopicPartition, int]:
        async with asyncio.timeout(_ANSWER_WITHIN):
            begins = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
        # Partitions that appear later are new as a whole, so they are read from their beginning.
        from_end = self._begin is Start.END and not self._positions
        for place, offset in (ends if from_end else begins).items():
            self._positions.setdefault(place, offset)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, self._positions[place])
        return ends

    async def _turn(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], stop: asyncio.Event
    ) -> None:
        """Returns when told to stop, or when there are more partitions than it reads."""
        behind = await self._behind(consumer, ends)
        look_at = self._clock.monotonic() + _LOOK_EVERY
        while not stop.is_set():
            if not behind:
                self.caught_up.set()
                self._supervisor.settled()
            await self._take(await poll(consumer, stop))
            self._supervisor.pulse.beat()
            behind = behind and await self._behind(consumer, behind)
            if self._clock.monotonic() >= look_at:
                if still_there(consumer, self._topics) > len(ends):
                    return
                await self._probe(consumer, next(iter(ends)))
                look_at = self._clock.monotonic() + _LOOK_EVERY

    async def _take(self, batch: Batch) -> None:
        for place, records in batch.items():
            for number, record in enumerate(records, start=1):
                self._hand_over(record)
                self._positions[place] = record.offset + 1
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # a long batch must not hold up the event loop

    def _hand_over(self, record: Record) -> None:
        try:
            self._receive(record)
        except Exception:
            # Whoever listens failed; to come to this record again and again would stop everybody.
            stream = self._connection.stream(record.topic) or record.topic
            metrics.RECORDS_UNREADABLE.add(
                1, reader=self._name, stream=stream, reason="listener_fault"
            )
            log.exception(
                "listener_failed",
                reader=self._name,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )

    async def _behind(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Ends that aren't reached. By position: the last records may have been compacted away."""
        async with asyncio.timeout(_ANSWER_WITHIN):
            return {
                place: end for place, end in ends.items() if await consumer.position(place) < end
            }

    async def _probe(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
        """Raises when the brokers don't answer: a poll would only bring nothing."""
        async with asyncio.timeout(_ANSWER_WITHIN):
            await consumer.end_offsets([place])
