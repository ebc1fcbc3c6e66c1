"""Listening as a group: each event is handled once by some replica."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence

from services.contracts import Stream
from services.kit.bus.assignment import Assignment
from services.kit.bus.connection import Connection
from services.kit.bus.dead_letters import DeadLetters, RecordSender
from services.kit.bus.delivery import Delivery, Patience
from services.kit.bus.errors import TopicMissing
from services.kit.bus.gate import Gate
from services.kit.bus.kafka import AIOKafkaConsumer, IllegalStateError
from services.kit.bus.model import Handler
from services.kit.bus.polling import CONSUMER_OPTIONS, poll
from services.kit.bus.supervision import Supervisor, discard, start
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.telemetry import metrics

__all__ = ["Group"]

_COMMIT_EVERY = 1.0
_LOOK_EVERY = 5.0
_LOOK_WITHIN = 8.0


class Group:
    """Hands events of `streams` to `handler`, per key in their order, keys side by side.

    `name` is the service's, `replica` this process's slot in it: of two processes with the
    same slot each would throw the other out. Offsets are committed about once a second, and only
    as far as every outcome is durable (law 3). `drain` bounds how long `run` waits at its end for
    handlers under way; what isn't done then comes again. `poll_age` is for liveness: 90 s and
    more mean that the loop hangs (a rebalance may take 60).
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        streams: Sequence[Stream],
        handler: Handler,
        *,
        clock: Clock,
        readiness: Readiness,
        replica: str,
        producer: RecordSender,
        at_once: int = 16,
        patience: Patience | None = None,
        drain: float = 10.0,
    ) -> None:
        self.name = f"group:{name}"
        self._group = name
        self._replica = replica
        self._connection = connection
        self._topics = {connection.topic(stream): stream for stream in streams}
        self._clock = clock
        self._drain = drain
        self._gate = Gate(clock)
        self._supervisor = Supervisor(self.name, clock, readiness)
        self._delivery = Delivery(
            name,
            self._topics,
            handler,
            clock=clock,
            gate=self._gate,
            dead_letters=DeadLetters(producer, name, clock),
            at_once=at_once,
            patience=patience or Patience(),
        )
        self._lags: Counter[str] = Counter()

    @property
    def poll_age(self) -> float:
        """Seconds since the loop last turned, be it only to try to connect."""
        return self._supervisor.pulse.age

    @property
    def lag(self) -> int:
        """Events in the partitions of this replica without an outcome, as last seen."""
        return self._lags.total()

    def pause(self, reason: str) -> None:
        """No handler call begins until `resume`; membership and partitions stay."""
        self._gate.pause(reason)

    def resume(self) -> None:
        self._gate.resume()

    async def run(self, stop: asyncio.Event) -> None:
        await self._supervisor.run(self._session, stop)

    async def _session(self, stop: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(**self._options())
        try:
            await start(consumer, stop)
            if not stop.is_set():
                await self._listen(consumer, stop)
        finally:
            await discard(consumer)

    async def _listen(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        await self._look(consumer)
        async with asyncio.TaskGroup() as tasks:
            assignment = Assignment(consumer, self._delivery.deliver, self._gate, tasks)
            consumer.subscribe(list(self._topics), listener=assignment)
            await self._turn(consumer, assignment, stop)
            await self._finish(assignment)

    async def _turn(
        self, consumer: AIOKafkaConsumer, assignment: Assignment, stop: asyncio.Event
    ) -> None:
        commit_at = self._clock.monotonic() + _COMMIT_EVERY
        look_at = self._clock.monotonic() + _LOOK_EVERY
        while not stop.is_set():
            assignment.take(await poll(consumer))
            assignment.settle()
            self._say(assignment)
            now = self._clock.monotonic()
            if now >= commit_at:
                await assignment.commit()
                await self._measure(assignment)
                commit_at = now + _COMMIT_EVERY
            if now >= look_at:
                await self._look(consumer)
                look_at = now + _LOOK_EVERY

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        """Raises when a topic is missing or the brokers don't answer: else nobody would notice."""
        async with asyncio.timeout(_LOOK_WITHIN):
            present = await consumer.topics()
        for topic in self._topics:
            if topic not in present:
                raise TopicMissing(topic)

    async def _finish(self, assignment: Assignment) -> None:
        self._gate.pause("stopping")
        try:
            async with asyncio.timeout(self._drain):
                await self._delivery.idle()
        except TimeoutError:
            pass
        await assignment.commit_last()
        assignment.drop()

    def _say(self, assignment: Assignment) -> None:
        self._supervisor.pulse.beat()
        if self._gate.blown:
            self._supervisor.blocked(self._gate.blown)
        elif assignment.complete:
            self._supervisor.settled()

    async def _measure(self, assignment: Assignment) -> None:
        try:
            self._lags = await assignment.lags()
        except IllegalStateError:
            return  # the partitions went away while we asked
        for topic, stream in self._topics.items():
            metrics.CONSUMER_LAG.set(self._lags[topic], group=self._group, stream=stream)

    def _options(self) -> dict[str, object]:
        return {
            **self._connection.options(),
            **CONSUMER_OPTIONS,
            "group_id": self._connection.group(self._group),
            "group_instance_id": self._instance(),
            "session_timeout_ms": 30_000,
            "heartbeat_interval_ms": 5_000,
            "rebalance_timeout_ms": 30_000,
            "max_poll_interval_ms": 300_000,
        }

    def _instance(self) -> str:
        """This member's static name: its slot, and a mark of what it reads.

        The mark, because a static member that comes back is given what it had: with a stream more
        it would never get that one's partitions, with one less aiokafka fails (Kafka 4.3).
        """
        mark = hashlib.sha256(" ".join(sorted(self._topics)).encode()).hexdigest()[:8]
        return f"{self._group}-{self._replica}-{mark}"
