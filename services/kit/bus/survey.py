"""Looks at brokers, topics and dead letters, for operators; changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts import TopicSpec, WireRecord
from services.kit.bus.admin import admin_client, topic_settings
from services.kit.bus.connection import Connection
from services.kit.bus.dead_letters import DeadLetter
from services.kit.bus.kafka import (
    AIOKafkaAdminClient,
    AIOKafkaConsumer,
    ConfigResource,
    ConfigResourceType,
    KafkaError,
    TopicPartition,
)
from services.kit.bus.supervision import discard
from services.kit.bus.topic_config import differences
from services.kit.errors import Unavailable

__all__ = ["Cluster", "Deviation", "Letters", "cluster", "deviations", "letters"]

_REQUEST_MS = 5_000
_POLL_MS = 200
_POLLS = 10
_AUTO_CREATE = "auto.create.topics.enable"


@dataclass(frozen=True)
class Cluster:
    """`unled` and `thin` are partitions of our topics: without a leader, or short of replicas.

    `creates_topics` says of each broker whether it makes topics that don't exist; none where we
    may not know.
    """

    id: str
    brokers: int
    unled: tuple[str, ...]
    thin: tuple[str, ...]
    creates_topics: Mapping[int, bool | None]


@dataclass(frozen=True)
class Deviation:
    """One way in which a topic is not as the table wants it. `missing` ones don't exist."""

    topic: str
    problem: str
    missing: bool = False


@dataclass(frozen=True)
class Letters:
    """How many records a dead-letter topic holds, and the last; none when that can't be read."""

    topic: str
    count: int
    last: DeadLetter | None


async def cluster(connection: Connection, names: Sequence[str]) -> Cluster:
    """Raises Unavailable."""
    async with admin_client(connection) as admin:
        about = await admin.describe_cluster()
        found = [one for one in await admin.describe_topics() if one["topic"] in names]
        nodes = [int(broker["node_id"]) for broker in about["brokers"]]
        creating = {node: await _creates_topics(admin, node) for node in nodes}
    partitions = [
        (f"{one['topic']}-{part['partition']}", part) for one in found for part in one["partitions"]
    ]
    return Cluster(
        id=str(about["cluster_id"]),
        brokers=len(nodes),
        unled=tuple(name for name, part in partitions if part["leader"] < 0),
        thin=tuple(name for name, part in partitions if len(part["isr"]) < len(part["replicas"])),
        creates_topics=creating,
    )


async def deviations(connection: Connection, specs: Sequence[TopicSpec]) -> tuple[Deviation, ...]:
    """What `apply` would change, without changing it. Raises Unavailable."""
    async with admin_client(connection) as admin:
        counts = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics()}
        known = [spec for spec in specs if spec.name in counts]
        settings = await topic_settings(admin, [spec.name for spec in known])
    absent = [
        Deviation(spec.name, "is missing", missing=True)
        for spec in specs
        if spec.name not in counts
    ]
    few = [
        Deviation(spec.name, f"has {counts[spec.name]} partitions, not {spec.partitions}")
        for spec in known
        if counts[spec.name] < spec.partitions
    ]
    other = [
        Deviation(spec.name, problem)
        for spec in known
        for problem in differences(spec, settings[spec.name])
    ]
    return (*absent, *few, *other)


async def letters(connection: Connection, topics: Sequence[str]) -> tuple[Letters, ...]:
    """What lies in these dead-letter topics; those that don't exist are left out.

    Raises Unavailable.
    """
    async with admin_client(connection) as admin:
        found = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics()}
    present = {name: found[name] for name in topics if name in found}
    consumer = AIOKafkaConsumer(
        **connection.options(), request_timeout_ms=_REQUEST_MS, enable_auto_commit=False
    )
    try:
        await consumer.start()
        return await _letters(consumer, present)
    except (KafkaError, OSError) as error:
        raise Unavailable("bus", repr(error)) from error
    finally:
        await discard(consumer)


async def _letters(consumer: AIOKafkaConsumer, topics: Mapping[str, int]) -> tuple[Letters, ...]:
    places = [TopicPartition(name, one) for name, count in topics.items() for one in range(count)]
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    filled = {place: ends[place] - 1 for place in places if ends[place] > begins[place]}
    lasts = await _lasts(consumer, filled)
    counts: Counter[str] = Counter()
    for place in places:
        counts[place.topic] += ends[place] - begins[place]
    return tuple(Letters(name, counts[name], _newest(name, lasts)) for name in topics)


async def _lasts(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, DeadLetter]:
    """The records at these offsets, those that are dead letters and come soon."""
    found: dict[TopicPartition, DeadLetter] = {}
    if not offsets:
        return found
    consumer.assign(list(offsets))
    for place, offset in offsets.items():
        consumer.seek(place, offset)
    for _ in range(_POLLS):
        for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
            if (letter := _decoded(records[-1])) is not None:
                found[place] = letter
            consumer.pause(place)
        if len(found) == len(offsets):
            break
        await asyncio.sleep(0)
    return found


def _decoded(record: Any) -> DeadLetter | None:
    wire = WireRecord(record.key, record.value, tuple(record.headers))
    try:
        return DeadLetter.decode(wire)
    except (KeyError, ValueError):
        return None


def _newest(topic: str, lasts: Mapping[TopicPartition, DeadLetter]) -> DeadLetter | None:
    of_topic = [letter for place, letter in lasts.items() if place.topic == topic]
    return max(of_topic, key=lambda letter: letter.at, default=None)


async def _creates_topics(admin: AIOKafkaAdminClient, node: int) -> bool | None:
    resource = ConfigResource(ConfigResourceType.BROKER, str(node))
    (answer,) = await admin.describe_configs([resource])
    ((code, _, _, _, settings),) = answer.resources
    values = {name: value for name, value, *_ in settings}
    return None if code or _AUTO_CREATE not in values else values[_AUTO_CREATE] == "true"
