"""What a group member has at the moment: a lane per partition, and what of it is committed."""

import asyncio
from collections import Counter
from collections.abc import Iterable

import structlog

from services.kit.bus.gate import Gate
from services.kit.bus.kafka import (
    AIOKafkaConsumer,
    CommitFailedError,
    ConsumerRebalanceListener,
    IllegalStateError,
    KafkaError,
    TopicPartition,
)
from services.kit.bus.lane import Deliver, Lane
from services.kit.bus.polling import Batch

__all__ = ["Assignment"]

log = structlog.get_logger(__name__)

_COMMIT_WITHIN = 5.0
_ANSWER_WITHIN = 8.0
_LAST_COMMIT_WITHIN = 2.0
_HIGH = 500
_LOW = 250


class Assignment:
    """Told by aiokafka what comes and goes; takes records in, commits what is done.

    A partition with too much in hand is paused until half of it is done; all are while the gate is
    shut. Its callbacks wait for no work (law 9).
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, deliver: Deliver, gate: Gate, tasks: asyncio.TaskGroup
    ) -> None:
        self._consumer = consumer
        self._deliver = deliver
        self._gate = gate
        self._tasks = tasks
        self._lanes: dict[TopicPartition, Lane] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self.complete = False

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.complete = False
        await self.commit_last()
        for place in revoked:
            if lane := self._lanes.pop(place, None):
                lane.drop()
        self._committed.clear()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._lanes = {place: self._lane(place) for place in assigned}
        self._paused.clear()
        self.complete = True

    def take(self, batch: Batch) -> None:
        for place, records in batch.items():
            if lane := self._lanes.get(place):
                lane.add(records)

    def settle(self) -> None:
        """Pauses and resumes partitions as gate and backlog say."""
        for place in self._consumer.assignment():
            self._settle(place)

    async def commit(self) -> None:
        """Commits what is done and wasn't yet. Raises when the brokers don't answer."""
        offsets = self._due()
        if not offsets:
            return
        try:
            async with asyncio.timeout(_COMMIT_WITHIN):
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # The group has moved on: whoever has the partitions now handles these records again.
            log.info("commit_refused", error=repr(error))
        else:
            self._committed |= offsets

    async def commit_last(self) -> None:
        """As much as two seconds allow; what isn't committed comes again."""
        try:
            async with asyncio.timeout(_LAST_COMMIT_WITHIN):
                await self.commit()
        except (KafkaError, OSError, TimeoutError) as error:
            log.info("last_commit_failed", error=repr(error))

    def drop(self) -> None:
        for lane in self._lanes.values():
            lane.drop()

    async def lags(self) -> Counter[str]:
        """Events without an outcome by topic. Raises when the brokers don't answer.

        Asks for the ends, because paused partitions hear nothing of theirs.
        """
        lags: Counter[str] = Counter()
        async with asyncio.timeout(_ANSWER_WITHIN):
            ends = await self._consumer.end_offsets(list(self._lanes))
            for place, end in ends.items():
                position = await self._consumer.position(place)
                if lane := self._lanes.get(place):
                    lags[place.topic] += lane.lag(position, end)
        return lags

    def _lane(self, place: TopicPartition) -> Lane:
        return Lane(self._deliver, self._tasks, lambda: self._moved(place))

    def _moved(self, place: TopicPartition) -> None:
        # At once, not at the next turn: a poll that waits for other partitions may take long.
        if place in self._paused:
            self._settle(place)

    def _settle(self, place: TopicPartition) -> None:
        if (lane := self._lanes.get(place)) is None:
            return
        shut = self._gate.shut is not None
        if place in self._paused and not shut and lane.backlog <= _LOW:
            self._paused.discard(place)
            self._consumer.resume(place)
        elif place not in self._paused and (shut or lane.backlog >= _HIGH):
            self._paused.add(place)
            self._consumer.pause(place)

    def _due(self) -> dict[TopicPartition, int]:
        done = {place: lane.next for place, lane in self._lanes.items()}
        return {
            place: offset
            for place, offset in done.items()
            if offset is not None and offset != self._committed.get(place)
        }


ConsumerRebalanceListener.register(Assignment)
