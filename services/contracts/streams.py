"""The topic table: every stream with its key, size, retention, writers and readers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

__all__ = [
    "DEAD_LETTER_RETENTION",
    "STREAMS",
    "SUBMISSIONS_GROUP",
    "Stream",
    "StreamSpec",
    "TopicSpec",
    "dead_letter_topic",
    "topic",
    "topics",
]


class Stream(StrEnum):
    ACCOUNTS = "accounts"
    SUBMISSIONS = "submissions"
    REQUESTS = "requests"
    DECISIONS = "decisions"
    CANCELLATIONS = "cancellations"
    RENDERS = "renders"
    PROGRESS = "progress"
    LOAD = "load"
    DEMAND = "demand"
    USAGE = "usage"
    LIMITS = "limits"
    ERASURES = "erasures"


@dataclass(frozen=True)
class StreamSpec:
    """One stream as operators size it. `ours` tells that only our own services write it."""

    stream: Stream
    key: str
    partitions: int
    retention: timedelta
    compacted: bool
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    ours: bool = True


@dataclass(frozen=True)
class TopicSpec:
    """One Kafka topic as it is created.

    Of a compacted one `retention` is how long an event stays after a later one of its key.
    """

    name: str
    partitions: int
    retention: timedelta
    compacted: bool


_WEEK = timedelta(days=7)
DEAD_LETTER_RETENTION = timedelta(days=30)


def _spec(
    stream: Stream,
    key: str,
    writers: str,
    readers: str,
    *,
    partitions: int = 8,
    retention: timedelta = _WEEK,
    compacted: bool = False,
    ours: bool = True,
) -> StreamSpec:
    return StreamSpec(
        stream,
        key,
        partitions,
        retention,
        compacted,
        tuple(writers.split()),
        tuple(readers.split()),
        ours,
    )


SUBMISSIONS_GROUP = "gateway-submissions"
"""Gateway's second consumer group: what strangers write holds up nothing that our services say."""

STREAMS: dict[Stream, StreamSpec] = {
    spec.stream: spec
    for spec in (
        _spec(Stream.ACCOUNTS, "account", "gateway", "quota render notify", compacted=True),
        _spec(Stream.SUBMISSIONS, "account", "producers", "gateway", ours=False),
        _spec(Stream.REQUESTS, "account", "gateway", "quota notify producers"),
        _spec(Stream.DECISIONS, "account", "quota", "render gateway notify producers"),
        _spec(Stream.CANCELLATIONS, "account", "gateway", "render"),
        _spec(Stream.RENDERS, "account", "render", "quota gateway notify producers"),
        _spec(
            Stream.PROGRESS, "account", "render", "gateway notify", retention=timedelta(seconds=60)
        ),
        _spec(
            Stream.LOAD,
            "pool",
            "render",
            "quota gateway",
            partitions=1,
            retention=timedelta(hours=1),
        ),
        _spec(Stream.DEMAND, "pool", "quota", "render", partitions=1, retention=timedelta(hours=1)),
        _spec(Stream.USAGE, "account", "quota", "gateway notify", compacted=True),
        _spec(
            Stream.LIMITS,
            "plan/pool",
            "quota",
            "gateway quota notify",
            partitions=1,
            compacted=True,
        ),
        _spec(Stream.ERASURES, "account", "quota render notify", "gateway", partitions=1),
    )
}


def topic(stream: Stream, prefix: str = "heatsink") -> str:
    return f"{prefix}.{stream}.v1"


def dead_letter_topic(topic_name: str) -> str:
    return f"{topic_name}.dlq"


def topics(prefix: str = "heatsink") -> tuple[TopicSpec, ...]:
    """Every topic to create: the streams, and a dead-letter topic beside each."""
    return tuple(
        made
        for spec in STREAMS.values()
        for made in (
            TopicSpec(topic(spec.stream, prefix), spec.partitions, spec.retention, spec.compacted),
            TopicSpec(
                dead_letter_topic(topic(spec.stream, prefix)), 1, DEAD_LETTER_RETENTION, False
            ),
        )
    )
