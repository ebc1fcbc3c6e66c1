"""Kafka in memory: logs by stream and account, what each group has committed, and its members."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from services.contracts import Envelope, Event, Stream, WireRecord, decode, encode, topic
from services.kit.bus import Handler, Record
from services.kit.bus.assignment import Assignment
from services.kit.bus.dead_letters import DeadLetters
from services.kit.bus.delivery import Delivery, Patience
from services.kit.bus.gate import Gate
from services.kit.bus.kafka import AIOKafkaConsumer, CommitFailedError, TopicPartition
from tests.simulation.loop import BEGIN
from tests.simulation.process import Process

__all__ = ["Broker", "Member", "Publisher", "Tailing"]

_COMMIT_EVERY = 4.0
_ONE_PARTITION = (Stream.REQUESTS, Stream.RENDERS)
"""Where accounts are handled side by side, and offsets end in any order."""


class Broker:
    """Nothing is ever lost here. Each account has a partition, but that some streams have one."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        self.everything: list[Record] = []
        self.said: list[Envelope[Event]] = []
        self.dead_letters: list[WireRecord] = []
        self.committed: dict[str, dict[TopicPartition, int]] = defaultdict(dict)
        self._logs: dict[TopicPartition, list[Record]] = defaultdict(list)

    def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        for envelope in envelopes:
            self.append(encode(envelope), envelope.stream, envelope.data.key)

    def append(self, wire: WireRecord, stream: Stream, key: str) -> None:
        place = self.place(stream, key)
        log = self._logs[place]
        record = Record(place.topic, place.partition, len(log), BEGIN, wire)
        log.append(record)
        self.everything.append(record)
        self.said.append(decode(wire))

    def again(self, record: Record) -> None:
        """A second copy of a record, at the end of its log."""
        log = self._logs[TopicPartition(record.topic, record.partition)]
        copy = Record(record.topic, record.partition, len(log), BEGIN, record.wire)
        log.append(copy)
        self.everything.append(copy)
        self.said.append(decode(record.wire))

    def place(self, stream: Stream, key: str) -> TopicPartition:
        alone = key in self.keys and stream not in _ONE_PARTITION
        return TopicPartition(topic(stream), self.keys.index(key) if alone else 0)

    def read(self, place: TopicPartition, position: int) -> Sequence[Record]:
        return self._logs[place][position:]

    def envelopes(self, *streams: Stream) -> list[Envelope[Event]]:
        """Everything on these streams, the doubled ones too."""
        return [envelope for envelope in self.said if envelope.stream in streams]

    def lag(self, group: str, streams: Sequence[Stream]) -> int:
        places = {self.place(stream, key) for stream in streams for key in self.keys}
        done = self.committed[group]
        return sum(len(self._logs[place]) - done.get(place, 0) for place in places)

    async def send(self, _topic: str, wire: WireRecord) -> None:
        self.dead_letters.append(wire)


class Publisher:
    """A process's way to the bus."""

    def __init__(self, broker: Broker, process: Process) -> None:
        self._broker = broker
        self._process = process

    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        await self._process.call("bus", lambda: self._broker.publish(envelopes))

    def send_lossy(self, envelope: Envelope[Event]) -> None:
        if self._process.alive:
            self._broker.publish([envelope])


class Consumer:
    """As much of aiokafka's consumer as an assignment uses."""

    def __init__(self, broker: Broker, group: str) -> None:
        self.outdated = False
        self.paused: set[TopicPartition] = set()
        self.places: set[TopicPartition] = set()
        self._broker = broker
        self._group = group

    def assignment(self) -> set[TopicPartition]:
        return self.places

    def pause(self, *places: TopicPartition) -> None:
        self.paused.update(places)

    def resume(self, *places: TopicPartition) -> None:
        self.paused.difference_update(places)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.outdated:
            raise CommitFailedError
        self._broker.committed[self._group].update(offsets)


class Member:
    """One replica's part in a group: real lanes, delivery and commits over partitions in memory."""

    def __init__(
        self,
        process: Process,
        broker: Broker,
        group: str,
        streams: Sequence[Stream],
        handler: Handler,
    ) -> None:
        self.group = group
        self.streams = tuple(streams)
        self._process = process
        self._broker = broker
        self._gate = Gate(process.clock)
        self._delivery = Delivery(
            group,
            {topic(stream): stream for stream in streams},
            handler,
            clock=process.clock,
            gate=self._gate,
            dead_letters=DeadLetters(broker, group, process.clock),
            at_once=16,
            patience=Patience(),
        )
        self._positions: dict[TopicPartition, int] = {}
        self._dealt_anew = False
        self._held_back = False
        self._consumer = Consumer(broker, group)
        self._assignment: Assignment | None = None
        process.spawn(self._run())
        process.loop.settle()

    def give_up(self, *, commits: bool) -> None:
        """Everything is revoked; without `commits` the group had moved on before it was told."""
        assert self._assignment is not None
        self._consumer.outdated = not commits
        self._positions.clear()
        places = tuple(self._consumer.places)
        self._process.spawn(self._assignment.on_partitions_revoked(places))
        self._process.loop.settle()

    def take_over(self, places: Sequence[TopicPartition]) -> None:
        assert self._assignment is not None
        done = self._broker.committed[self.group]
        self._consumer.outdated = False
        self._consumer.places = set(places)
        self._consumer.paused.clear()
        self._positions = {place: done.get(place, 0) for place in places}
        self._dealt_anew = True
        self._assignment.on_partitions_assigned(places)

    @property
    def eager(self) -> bool:
        """Whether a poll may bring something, though nothing new was said."""
        return self._dealt_anew or self._held_back or bool(self._consumer.paused)

    def poll(self) -> bool:
        """Takes in what has come; whether anything had."""
        assert self._assignment is not None
        self._dealt_anew = self._held_back = False
        batch = {}
        for place, position in self._positions.items():
            records = self._broker.read(place, position)
            if records and place in self._consumer.paused:
                self._held_back = True
            elif records:
                batch[place] = records
                self._positions[place] = position + len(records)
        self._assignment.settle()
        if batch:
            self._assignment.take(batch)
            self._process.loop.settle()
        return bool(batch)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._assignment = Assignment(
                cast("AIOKafkaConsumer", self._consumer),
                self._delivery.deliver,
                self._gate,
                tasks,
            )
            while True:
                await self._process.clock.sleep(_COMMIT_EVERY)
                await self._assignment.commit()


class Tailing:
    """Hears every event of some streams from `begin` on, each replica for itself."""

    def __init__(
        self,
        broker: Broker,
        streams: Sequence[Stream],
        hear: Callable[[Envelope[Event]], None],
        begin: int,
    ) -> None:
        self._broker = broker
        self._streams = frozenset(streams)
        self._hear = hear
        self._position = begin

    def poll(self) -> bool:
        fresh = self._broker.said[self._position :]
        self._position += len(fresh)
        for envelope in fresh:
            if envelope.stream in self._streams:
                self._hear(envelope)
        return bool(fresh)
