"""Listening as a group: each event is handled once by some replica."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from services.contracts import Stream
from services.kit.bus.assignment import Assignment
from services.kit.bus.connection import Connection
from services.kit.bus.dead_letters import DeadLetters, RecordSender
from services.kit.bus.delivery import Delivery, Patience
from services.kit.bus.gate import Gate
from services.kit.bus.kafka import IllegalStateError
from services.kit.bus.membership import Membership
from services.kit.bus.model import Handler, Unreadable
from services.kit.bus.polling import poll
from services.kit.bus.supervision import Supervisor, discard, start
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.telemetry import metrics

__all__ = ["Group"]

log = structlog.get_logger(__name__)

_COMMIT_EVERY = 1.0
_LOOK_EVERY = 5.0


class Group:
    """Hands events of `streams` to `handler`, per key in their order, keys side by side.

    `name` is the service's, `replica` this process's slot in it: of two processes with the same
    slot each would throw the other out. At most `at_once` calls are under way. Offsets are
    committed about once a second, and only as far as every outcome is durable (law 3). `drain`
    bounds how long `run` waits at its end for calls under way; what isn't done comes again.
    `poll_age` is for liveness: 90 s and more mean that the loop hangs (a rebalance may take 60).
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
        unreadable: Unreadable | None = None,
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
            unreadable=unreadable,
        )
        self._lags: Counter[str] = Counter()
        self._share = 1.0

    @property
    def poll_age(self) -> float:
        """Seconds since the loop last turned, be it only to try to connect."""
        return self._supervisor.pulse.age

    @property
    def lag(self) -> int:
        """Events in the partitions of this replica without an outcome, as last seen."""
        return self._lags.total()

    @property
    def share(self) -> float:
        """The part of all partitions that this replica has, in (0, 1]; 1 until that is known."""
        return self._share

    def pause(self, reason: str) -> None:
        """No handler call begins until `resume`; membership and partitions stay."""
        self._gate.pause(reason)

    def resume(self) -> None:
        self._gate.resume()

    async def run(self, stop: asyncio.Event) -> None:
        await self._supervisor.run(self._session, stop)

    async def _session(self, stop: asyncio.Event) -> None:
        member = Membership(self._connection, self._group, self._replica, self._topics)
        try:
            await start(member.consumer, stop)
            if not stop.is_set():
                await self._listen(member, stop)
        finally:
            await discard(member.consumer)

    async def _listen(self, member: Membership, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            assignment = Assignment(member.consumer, self._delivery.deliver, self._gate, tasks)
            await member.join(assignment)
            await self._turn(member, assignment, stop)
            await self._finish(assignment)

    async def _turn(self, member: Membership, assignment: Assignment, stop: asyncio.Event) -> None:
        look_at = self._clock.monotonic()
        commit_at = look_at + _COMMIT_EVERY
        while not stop.is_set():
            assignment.take(await poll(member.consumer, stop))
            assignment.settle()
            self._say(assignment)
            now = self._clock.monotonic()
            if now >= look_at and assignment.complete:
                look_at = now + _LOOK_EVERY
                await self._look(member, assignment, now)
            if now >= commit_at:
                commit_at = now + _COMMIT_EVERY
                await assignment.commit()
                self._share = member.share()
                await self._measure(assignment)

    async def _look(self, member: Membership, assignment: Assignment, now: float) -> None:
        if member.outdated(now):
            log.info("group_rejoins", group=self._group)
            await assignment.commit()
            member.rejoin(now)

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
