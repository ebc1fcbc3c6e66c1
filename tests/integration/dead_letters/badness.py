"""What may go wrong with a record, kind by kind, and what must become of it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from services.contracts import (
    STREAMS,
    AccountId,
    Envelope,
    Event,
    EventId,
    JobId,
    Stream,
    WireRecord,
    encode,
)
from services.contracts.events import (
    AccountChanged,
    AccountErased,
    DemandReported,
    JobAdmitted,
    JobCancelRequested,
    JobProgressed,
    JobQueued,
    JobRequested,
    LimitsChanged,
    LoadReported,
    UsageChanged,
)
from services.contracts.examples import example_events
from services.kit.bus import Connection
from services.kit.bus.kafka import AIOKafkaProducer
from services.kit.clock import SystemClock

__all__ = ["FOLLOWED", "GROUPED", "KINDS", "Case", "Kind", "send"]

GROUPED: dict[Stream, type[Event]] = {
    Stream.ACCOUNTS: AccountChanged,
    Stream.REQUESTS: JobRequested,
    Stream.DECISIONS: JobAdmitted,
    Stream.CANCELLATIONS: JobCancelRequested,
    Stream.RENDERS: JobQueued,
    Stream.ERASURES: AccountErased,
}
"""One event of each stream that a group reads."""

FOLLOWED: dict[Stream, type[Event]] = {
    Stream.USAGE: UsageChanged,
    Stream.LIMITS: LimitsChanged,
    Stream.LOAD: LoadReported,
    Stream.DEMAND: DemandReported,
    Stream.PROGRESS: JobProgressed,
}
"""One event of each stream that services read as a table or hear as a tail."""

_EVENTS = GROUPED | FOLLOWED


@dataclass(frozen=True)
class Case:
    """A bad record, and the good event behind it under the same key."""

    stream: Stream
    bad: WireRecord
    good: Envelope[Event]
    time: int | None

    @classmethod
    def of(cls, stream: Stream, kind: str) -> "Case":
        now = SystemClock().now()
        account = AccountId.new(now)
        first, second = (
            Envelope(EventId.new(now), "test", _event(stream, account, version))
            for version in (1, 2)
        )
        bad = KINDS[kind].spoil(encode(first), stream)
        return cls(stream, bad, second, KINDS[kind].time)


async def send(connection: Connection, cases: Iterable[Case]) -> None:
    """As strangers would: past our own producer, which takes no such records."""
    client = AIOKafkaProducer(**connection.options(), acks="all", max_request_size=2_000_000)
    await client.start()
    for case in cases:
        topic = connection.topic(case.stream)
        for wire, time in ((case.bad, case.time), (encode(case.good), None)):
            headers = list(wire.headers)
            sent = client.send(topic, wire.value, wire.key, timestamp_ms=time, headers=headers)
            await (await sent)
    await client.stop()


def _event(stream: Stream, account: AccountId, version: int) -> Event:
    """An event of an account that nobody has heard of, about a job that nobody knows."""
    now = SystemClock().now()
    example = next(event for event in example_events() if isinstance(event, _EVENTS[stream]))
    fields = type(example).model_fields
    changes = {
        "at": now,
        "account": account,
        "job": JobId.new(now),
        "version": version,
        "keys": (),
        "start_by": None,
    }
    if "account" not in fields:
        changes |= {"plan": account, "pool": account}
    return example.model_copy(
        update={name: value for name, value in changes.items() if name in fields}
    )


@dataclass(frozen=True)
class Kind:
    """`spoil` makes a bad record of a good one; `reason` is its dead letter's, none for none."""

    spoil: Callable[[WireRecord, Stream], WireRecord]
    reason: str | None
    time: int | None = None

    def reason_on(self, stream: Stream) -> str | None:
        if self.reason == "no_value" and STREAMS[stream].compacted:
            return None  # a tombstone
        return self.reason


def _value(value: bytes | None, reason: str) -> Kind:
    return Kind(lambda wire, _: replace(wire, value=value), reason)


def _header(name: str, value: Callable[[Stream], bytes], reason: str | None) -> Kind:
    def spoil(wire: WireRecord, stream: Stream) -> WireRecord:
        kept = tuple(header for header in wire.headers if header[0] != name)
        return replace(wire, headers=(*kept, (name, value(stream))))

    return Kind(spoil, reason)


def _field(name: str, value: object, reason: str | None) -> Kind:
    def spoil(wire: WireRecord, _: Stream) -> WireRecord:
        assert wire.value
        return replace(wire, value=json.dumps({**json.loads(wire.value), name: value}).encode())

    return Kind(spoil, reason)


def _stranger(stream: Stream) -> bytes:
    other = Stream.REQUESTS if stream is not Stream.REQUESTS else Stream.DECISIONS
    return GROUPED[other].type().encode()


def _newer(stream: Stream) -> bytes:
    return _EVENTS[stream].type().replace(".v1", ".v2").encode()


KINDS: dict[str, Kind] = {
    "no JSON": _value(b"{not json", "invalid_data"),
    "nothing": _value(b"", "invalid_data"),
    "null": _value(None, "no_value"),
    "another shape": _value(b'{"account": 3}', "invalid_data"),
    "no object": _value(b"[]", "invalid_data"),
    "deep": _value(b"[" * 200_000, "invalid_data"),
    "no UTF-8": _value(b'{"account": "\xff\xfe"}', "invalid_data"),
    "control characters": _value(b'{"account": "\x00\x1b[2J"}', "invalid_data"),
    "lone surrogate": _value(b'{"account": "\\ud800"}', "invalid_data"),
    "nearly too large": _value(b"x" * 990_000, "invalid_data"),
    "too large": _value(b"x" * 1_010_000, "too_large"),
    "no headers": Kind(lambda wire, _: replace(wire, headers=()), "not_a_cloudevent"),
    "another CloudEvents": _header("ce_specversion", lambda _: b"0.3", "foreign_spec"),
    "no UTF-8 in a header": _header("ce_source", lambda _: b"\xff\xfe", "invalid_header"),
    "an id of others": _header("ce_id", lambda _: b"4711", "invalid_id"),
    "foreign type": _header("ce_type", lambda _: b"com.example.Ordered", "foreign_type"),
    "wrong stream": _header("ce_type", _stranger, "wrong_stream"),
    "newer version": _header("ce_type", _newer, "unknown_version"),
    "no such time": _field("at", "0001-01-01T00:00:00+14:00", "invalid_data"),
    # What follows is odd, and nothing is wrong with it.
    "newer event": _header("ce_type", lambda s: f"heatsink.{s}.JobMused.v1".encode(), None),
    "newer field": _field("mood", ["hot"], None),
    "unknown header": _header("x-stranger", lambda _: b"\xff\x00", None),
    "broken trace": _header("traceparent", lambda _: b"\xff00-1-\x00", None),
    "odd time": Kind(lambda wire, _: wire, None, time=-(10**17)),
}
