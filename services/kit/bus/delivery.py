"""One record, brought to a durable outcome: handled, skipped or dead-lettered (laws 3 and 10)."""

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from services.contracts import STREAMS, DecodeError, Envelope, Event, Stream, UnknownType
from services.kit.bus.dead_letters import DeadLetters
from services.kit.bus.fuse import Fuse
from services.kit.bus.gate import Gate
from services.kit.bus.model import Handler, Record, Unreadable
from services.kit.bus.reading import read
from services.kit.bus.recent import RecentIds
from services.kit.clock import Clock
from services.kit.errors import Unavailable, Unprocessable
from services.kit.telemetry import SpanKind, metrics, span

__all__ = ["Delivery", "Patience"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long and how often a handler may try.

    A call that takes longer than `seconds` is a fault like an exception. Unavailable is not: stores
    and clients raise it after their own, shorter time-outs, and then tries are not counted.
    """

    seconds: float = 30.0
    tries: int = 3
    pause: float = 0.2


@dataclass(frozen=True)
class _Failure:
    reason: str
    detail: str
    stack: str = ""


class Delivery:
    """Calls the handler for one record after the other, or for several at once from several tasks.

    At most `at_once` calls run. While the gate is shut none begins.
    """

    def __init__(
        self,
        group: str,
        streams: Mapping[str, Stream],
        handler: Handler,
        *,
        clock: Clock,
        gate: Gate,
        dead_letters: DeadLetters,
        at_once: int,
        patience: Patience,
        unreadable: Unreadable | None = None,
    ) -> None:
        self._group = group
        self._streams = streams
        self._handler = handler
        self._clock = clock
        self._gate = gate
        self._dead_letters = dead_letters
        self._slots = asyncio.Semaphore(at_once)
        self._patience = patience
        self._unreadable = unreadable
        self._recent = RecentIds()
        self._fuses: defaultdict[str, Fuse] = defaultdict(Fuse)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        # From the first on, so that an alarm can tell "none yet" from "nobody measures".
        metrics.FUSE_STATE.set(0, group=group)
        for stream in streams.values():
            metrics.DEAD_LETTER_NEWEST.set(0, group=group, stream=stream)

    async def deliver(self, record: Record) -> None:
        """Returns when the record's outcome is durable, however long that takes."""
        stream = self._streams[record.topic]
        if record.wire.value is None and STREAMS[stream].compacted:
            return  # a tombstone: for tables
        outcome = await self._outcome(record, stream)
        metrics.EVENTS_HANDLED.add(1, group=self._group, stream=stream, outcome=outcome)

    async def idle(self) -> None:
        """Returns when no handler runs."""
        await self._idle.wait()

    async def _outcome(self, record: Record, stream: Stream) -> str:
        try:
            envelope = read(record, stream)
        except UnknownType:
            return "ignored"
        except DecodeError as error:
            if self._unreadable and await self._told(self._unreadable, error):
                return "refused"
            return await self._bury(record, stream, _Failure(error.reason, error.detail))
        if envelope.id in self._recent:
            metrics.DUPLICATES_SKIPPED.add(1, group=self._group, stream=stream)
            return "duplicate"
        if failure := await self._handle(envelope):
            return await self._bury(record, stream, failure)
        self._recent.add(envelope.id)
        self._fuses[record.topic].good()
        return "handled"

    async def _told(self, unreadable: Unreadable, error: DecodeError) -> bool:
        while True:
            await self._gate.passage()
            try:
                told = await unreadable(error)
            except Unavailable as away:
                self._gate.failed(away.part)
            else:
                self._gate.worked()
                return told

    async def _handle(self, envelope: Envelope[Event]) -> _Failure | None:
        faults = 0
        while True:
            try:
                await self._call(envelope)
            except Unavailable as error:
                self._gate.failed(error.part)
                self._retrying(envelope, error.part)
            except Unprocessable as error:
                return _Failure(error.reason, error.detail)
            except Exception as error:  # noqa: BLE001 - any fault of a handler ends as dead letter
                faults += 1
                if faults == self._patience.tries:
                    return _Failure("handler_fault", repr(error), traceback.format_exc())
                self._retrying(envelope, "fault")
                await self._clock.sleep(self._patience.pause * faults)
            else:
                self._gate.worked()
                return None

    async def _call(self, envelope: Envelope[Event]) -> None:
        async with self._slots:
            await self._gate.passage()
            began = self._clock.monotonic()
            self._began()
            try:
                with span(
                    f"handle {type(envelope.data).__name__}",
                    parent=envelope.traceparent,
                    kind=SpanKind.CONSUMER,
                    group=self._group,
                    event_type=envelope.data.type(),
                    event_id=envelope.id,
                ):
                    async with asyncio.timeout(self._patience.seconds):
                        await self._handler(envelope)
            finally:
                self._ended()
                took = self._clock.monotonic() - began
                metrics.HANDLER_SECONDS.record(took, group=self._group, stream=envelope.stream)

    async def _bury(self, record: Record, stream: Stream, failure: _Failure) -> str:
        if STREAMS[stream].ours and self._fuses[record.topic].bad() and not self._gate.blown:
            self._gate.blow(f"fuse_blown:{record.topic}")
            metrics.FUSES_BLOWN.add(1, group=self._group)
            metrics.FUSE_STATE.set(1, group=self._group)
            log.error("fuse_blown", group=self._group, topic=record.topic, reason=failure.reason)
        while True:
            # While the fuse is blown nothing passes: the record stays uncommitted, for a later run.
            await self._gate.passage()
            try:
                await self._dead_letters.bury(record, failure.reason, failure.detail, failure.stack)
            except Unavailable as error:
                self._gate.failed(error.part)
            else:
                self._buried(record, stream, failure)
                return "dead_lettered"

    def _began(self) -> None:
        self._running += 1
        self._idle.clear()

    def _ended(self) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    def _retrying(self, envelope: Envelope[Event], reason: str) -> None:
        stream = envelope.stream
        metrics.HANDLER_RETRIES.add(1, group=self._group, stream=stream, reason=reason)
        log.warning(
            "handler_retried",
            group=self._group,
            stream=stream.value,
            event_id=str(envelope.id),
            reason=reason,
        )

    def _buried(self, record: Record, stream: Stream, failure: _Failure) -> None:
        metrics.DEAD_LETTERS.add(1, group=self._group, stream=stream, reason=failure.reason)
        now = self._clock.now().timestamp()
        metrics.DEAD_LETTER_NEWEST.set(now, group=self._group, stream=stream)
        log.error(
            "dead_lettered",
            group=self._group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=failure.reason,
        )
