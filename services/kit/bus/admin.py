"""Topics as they should be, and how far groups are behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.contracts import TopicSpec
from services.kit.bus.connection import Connection
from services.kit.bus.errors import TopicMissing, TopicRefused
from services.kit.bus.kafka import (
    AIOKafkaAdminClient,
    AIOKafkaConsumer,
    ConfigResource,
    ConfigResourceType,
    KafkaError,
    NewPartitions,
    NewTopic,
    TopicPartition,
    for_code,
)
from services.kit.bus.supervision import discard
from services.kit.bus.topic_config import replaced, wanted
from services.kit.errors import Unavailable

__all__ = [
    "PartitionLag",
    "admin_client",
    "apply",
    "lag",
    "lags",
    "missing",
    "partitions",
    "topic_settings",
]

_WITHIN = 30.0
_REQUEST_MS = 10_000
_LOOK_AGAIN_AFTER = 0.05
_ALREADY_EXISTS = 36


@dataclass(frozen=True)
class PartitionLag:
    """How far a group has committed in one partition, and where it ends."""

    topic: str
    partition: int
    committed: int
    end: int

    @property
    def lag(self) -> int:
        return max(0, self.end - self.committed)


async def apply(
    connection: Connection, topics: Sequence[TopicSpec], *, replication: int | None = None
) -> tuple[str, ...]:
    """Makes topics as specified and answers which it made or changed; none the second time.

    Adds partitions and never takes any away. Settings that an operator added stay. Without
    `replication` the brokers' own default counts. Raises Unavailable or TopicRefused.
    """
    async with admin_client(connection) as admin:
        present = await _partitions(admin)
        new = [spec for spec in topics if spec.name not in present]
        known = [spec for spec in topics if spec.name in present]
        grown = {spec.name: spec for spec in known if spec.partitions > present[spec.name]}
        await _create(admin, new, replication)
        if grown:
            counts = {name: NewPartitions(spec.partitions) for name, spec in grown.items()}
            await admin.create_partitions(counts)
        changed = await _configure(admin, known)
        await _visible(admin, {spec.name: spec.partitions for spec in (*new, *grown.values())})
        return tuple(dict.fromkeys([*(spec.name for spec in new), *grown, *changed]))


async def missing(connection: Connection, names: Sequence[str]) -> tuple[str, ...]:
    """Which of these topics don't exist. Raises Unavailable."""
    async with admin_client(connection) as admin:
        present = await _partitions(admin)
    return tuple(name for name in names if name not in present)


async def partitions(connection: Connection, names: Sequence[str]) -> tuple[TopicPartition, ...]:
    """All partitions of these topics. Raises TopicMissing or Unavailable."""
    async with admin_client(connection) as admin:
        present = await _partitions(admin)
    for name in names:
        if name not in present:
            raise TopicMissing(name)
    return tuple(TopicPartition(name, number) for name in names for number in range(present[name]))


async def lag(connection: Connection, group: str) -> tuple[PartitionLag, ...]:
    """Each partition in which the group has ever committed. Raises Unavailable."""
    return (await lags(connection, [group]))[group]


async def lags(
    connection: Connection, groups: Sequence[str]
) -> dict[str, tuple[PartitionLag, ...]]:
    """The same of several groups at once. Raises Unavailable."""
    async with admin_client(connection) as admin:
        committed = {group: await _committed(admin, connection.group(group)) for group in groups}
        places = {place for offsets in committed.values() for place in offsets}
        ends = await _ends(connection, list(places))
    return {
        group: tuple(
            PartitionLag(place.topic, place.partition, offset, ends[place])
            for place, offset in sorted(offsets.items())
        )
        for group, offsets in committed.items()
    }


async def topic_settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Any]:
    """Kafka's own description of each topic's settings, by the topic's name."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await admin.describe_configs(resources)
    return {item[3]: item[4] for answer in answers for item in answer.resources}


@asynccontextmanager
async def admin_client(connection: Connection) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client within its block; what fails there is raised as Unavailable."""
    admin = AIOKafkaAdminClient(**connection.options(), request_timeout_ms=_REQUEST_MS)
    try:
        async with asyncio.timeout(_WITHIN):
            await admin.start()
            yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("bus", repr(error)) from error
    finally:
        async with asyncio.timeout(_WITHIN):
            await admin.close()


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    # All topics, not by name: asking by name makes a topic where the brokers allow it (A13).
    return {
        found["topic"]: len(found["partitions"])
        for found in await admin.describe_topics()
        if not found["error_code"]
    }


async def _create(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication: int | None
) -> None:
    if not specs:
        return
    made = await admin.create_topics([_new_topic(spec, replication or -1) for spec in specs])
    for name, code, *_ in made.topic_errors:
        if code not in {0, _ALREADY_EXISTS}:
            raise TopicRefused(name, for_code(code).__name__)


async def _visible(admin: AIOKafkaAdminClient, counts: Mapping[str, int]) -> None:
    """Returns when the brokers tell of what they made: for a moment they don't."""
    while True:
        present = await _partitions(admin)
        if all(present.get(name, 0) >= count for name, count in counts.items()):
            return
        await asyncio.sleep(_LOOK_AGAIN_AFTER)


def _new_topic(spec: TopicSpec, replication: int) -> NewTopic:
    # aiokafka takes -1 ("the brokers' default") only beside an assignment, be it an empty one.
    assignment: dict[int, Sequence[int]] | None = {} if replication == -1 else None
    return NewTopic(
        spec.name,
        spec.partitions,
        replication,
        replica_assignments=assignment,
        topic_configs=wanted(spec),
    )


async def _configure(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[str]:
    """Answers the names of topics whose settings differed."""
    topic = ConfigResourceType.TOPIC
    found = await topic_settings(admin, [spec.name for spec in specs])
    changes = {
        spec.name: changed for spec in specs if (changed := replaced(spec, found[spec.name]))
    }
    if changes:
        resources = [ConfigResource(topic, name, configs) for name, configs in changes.items()]
        for answer in await admin.alter_configs(resources):
            for code, reason, _, name in answer.resources:
                if code:
                    raise TopicRefused(name, reason or for_code(code).__name__)
    return list(changes)


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    offsets = await admin.list_consumer_group_offsets(group)
    return {place: found.offset for place, found in offsets.items() if found.offset >= 0}


async def _ends(
    connection: Connection, places: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    if not places:
        return {}
    consumer = AIOKafkaConsumer(**connection.options(), request_timeout_ms=_REQUEST_MS)
    try:
        await consumer.start()
        return await consumer.end_offsets(places)
    finally:
        await discard(consumer)
