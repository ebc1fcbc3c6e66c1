"""Dead letters: a record that could not be handled, kept whole beside why, where and by whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.contracts import WireRecord
from services.contracts.streams import dead_letter_topic
from services.kit.bus.model import Record
from services.kit.clock import Clock

__all__ = ["DeadLetter", "DeadLetters", "RecordSender"]

_MARK = "dlq_"
_LONGEST_STACK = 16_000


class RecordSender(Protocol):
    async def send(self, topic: str, wire: WireRecord) -> None:
        """Returns when all brokers in sync have the record. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class DeadLetter:
    """A record and its end. `reason` is a stable word, `stack` empty unless code of ours failed."""

    record: Record
    reason: str
    detail: str
    stack: str
    consumer: str
    at: datetime

    @property
    def topic(self) -> str:
        return dead_letter_topic(self.record.topic)

    def encode(self) -> WireRecord:
        """The record as it came, with `dlq_*` headers; a null value without a key becomes empty."""
        wire = self.record.wire
        own = tuple((name, value) for name, value in wire.headers if not name.startswith(_MARK))
        value = b"" if wire.key is None and wire.value is None else wire.value
        return WireRecord(wire.key, value, own + self._headers())

    @classmethod
    def decode(cls, wire: WireRecord) -> "DeadLetter":
        """What `encode` made. Raises KeyError or ValueError for a record that is no dead letter."""
        said = {name: value.decode() for name, value in wire.headers if name.startswith(_MARK)}
        own = tuple((name, value) for name, value in wire.headers if not name.startswith(_MARK))
        record = Record(
            said["dlq_topic"],
            int(said["dlq_partition"]),
            int(said["dlq_offset"]),
            datetime.fromisoformat(said["dlq_time"]),
            WireRecord(wire.key, wire.value, own),
        )
        at = datetime.fromisoformat(said["dlq_at"])
        why = (said["dlq_reason"], said["dlq_detail"], said["dlq_stack"], said["dlq_consumer"])
        return cls(record, *why, at)

    def _headers(self) -> tuple[tuple[str, bytes], ...]:
        said = {
            "reason": self.reason,
            "detail": self.detail,
            "stack": self.stack[-_LONGEST_STACK:],
            "topic": self.record.topic,
            "partition": str(self.record.partition),
            "offset": str(self.record.offset),
            "time": self.record.time.isoformat(),
            "consumer": self.consumer,
            "at": self.at.isoformat(),
        }
        return tuple((_MARK + name, value.encode(errors="replace")) for name, value in said.items())


class DeadLetters:
    """Where one group's dead letters go: `<topic>.dlq` of the topic they came from."""

    def __init__(self, sender: RecordSender, consumer: str, clock: Clock) -> None:
        self._sender = sender
        self._consumer = consumer
        self._clock = clock

    async def bury(self, record: Record, reason: str, detail: str, stack: str = "") -> None:
        """Raises Unavailable when the brokers don't answer: then it is not buried."""
        now = self._clock.now()
        letter = DeadLetter(record, reason, detail, stack, self._consumer, now)
        await self._sender.send(letter.topic, letter.encode())
