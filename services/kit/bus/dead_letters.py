"""Dead letters: a record that could not be handled, kept whole beside why, where and by whom."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from services.contracts import WireRecord
from services.contracts.streams import dead_letter_topic
from services.kit.bus.model import Record
from services.kit.bus.size import MAX_RECORD_BYTES, size_of
from services.kit.clock import Clock

__all__ = ["DeadLetter", "DeadLetters", "RecordSender"]

_MARK = "dlq_"
_LONGEST_STACK = 16_000
_LONGEST_DETAIL = 2_000
_KEPT_OF_EACH = 16_000


class RecordSender(Protocol):
    async def send(self, topic: str, wire: WireRecord) -> None:
        """Returns when all brokers in sync have the record. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class DeadLetter:
    """A record and its end. `reason` is a stable word, `stack` empty unless code of ours failed.

    `cut` is the record's size where it was larger than any of ours may be: then only beginnings of
    its parts are kept here, and the whole lies at its origin for as long as that keeps it.
    """

    record: Record
    reason: str
    detail: str
    stack: str
    consumer: str
    at: datetime
    cut: int = 0

    @property
    def topic(self) -> str:
        return dead_letter_topic(self.record.topic)

    def fitted(self) -> "DeadLetter":
        """This letter so that Kafka takes it, however large the record is."""
        size = size_of(self.record.wire)
        if size <= MAX_RECORD_BYTES:
            return self
        kept = replace(self.record, wire=_beginning(self.record.wire))
        return replace(self, record=kept, cut=size)

    def encode(self) -> WireRecord:
        """The record as it came, with `dlq_*` headers; a null value without a key becomes empty."""
        wire = self.record.wire
        own = tuple((name, value) for name, value in wire.headers if not name.startswith(_MARK))
        value = b"" if wire.key is None and wire.value is None else wire.value
        return WireRecord(wire.key, value, own + self._headers())

    @classmethod
    def decode(cls, wire: WireRecord) -> "DeadLetter":
        """What `encode` made. Raises KeyError or ValueError for a record that is no dead letter."""
        said = {
            name: value.decode(errors="replace")
            for name, value in wire.headers
            if name.startswith(_MARK)
        }
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
        return cls(record, *why, at, int(said.get("dlq_cut", "0")))

    def _headers(self) -> tuple[tuple[str, bytes], ...]:
        said = {
            "reason": self.reason,
            "detail": self.detail,
            "stack": self.stack,
            "topic": self.record.topic,
            "partition": str(self.record.partition),
            "offset": str(self.record.offset),
            "time": self.record.time.isoformat(),
            "consumer": self.consumer,
            "at": self.at.isoformat(),
        }
        if self.cut:
            said["cut"] = str(self.cut)
        encoded = {name: value.encode(errors="replace") for name, value in said.items()}
        encoded["detail"] = encoded["detail"][:_LONGEST_DETAIL]
        encoded["stack"] = encoded["stack"][-_LONGEST_STACK:]
        return tuple((_MARK + name, value) for name, value in encoded.items())


def _beginning(wire: WireRecord) -> WireRecord:
    kept: list[tuple[str, bytes]] = []
    room = _KEPT_OF_EACH
    for header in wire.headers:
        room -= size_of(WireRecord(None, None, (header,)))
        if room < 0:
            break
        kept.append(header)
    key, value = wire.key, wire.value
    return WireRecord(key and key[:_KEPT_OF_EACH], value and value[:_KEPT_OF_EACH], tuple(kept))


class DeadLetters:
    """Where one group's dead letters go: `<topic>.dlq` of the topic they came from."""

    def __init__(self, sender: RecordSender, consumer: str, clock: Clock) -> None:
        self._sender = sender
        self._consumer = consumer
        self._clock = clock

    async def bury(self, record: Record, reason: str, detail: str, stack: str = "") -> None:
        """Raises Unavailable when the brokers don't answer: then it is not buried."""
        now = self._clock.now()
        letter = DeadLetter(record, reason, detail, stack, self._consumer, now).fitted()
        await self._sender.send(letter.topic, letter.encode())
