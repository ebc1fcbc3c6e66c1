"""Looks at brokers, topics and dead letters, for operators; changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contracts import TopicSpec
from services.kit.bus.admin import admin_client, missing, topic_settings
from services.kit.bus.connection import Connection
from services.kit.bus.dead_letters import DeadLetter
from services.kit.bus.kafka import (
    AIOKafkaAdminClient,
    ConfigResource,
    ConfigResourceType,
)
from services.kit.bus.letterbox import Letterbox
from services.kit.bus.topic_config import differences

__all__ = ["Cluster", "Deviation", "Letters", "cluster", "deviations", "letters"]

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
    """How many letters a topic holds that nobody has replayed or dropped, and the newest of them.

    Records that are no letters count too; `last` is none where there is nothing else.
    """

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
    absent = await missing(connection, topics)
    present = [topic for topic in topics if topic not in absent]
    boxes = await Letterbox.read(connection, *present) if present else []
    return tuple(_letters(box) for box in boxes)


def _letters(box: Letterbox) -> Letters:
    found = [slip.letter for slip in reversed(box.open)]
    last = max(found, key=lambda letter: letter.at, default=None)
    return Letters(box.topic, len(found) + box.strangers, last)


async def _creates_topics(admin: AIOKafkaAdminClient, node: int) -> bool | None:
    resource = ConfigResource(ConfigResourceType.BROKER, str(node))
    (answer,) = await admin.describe_configs([resource])
    ((code, _, _, _, settings),) = answer.resources
    values = {name: value for name, value, *_ in settings}
    return None if code or _AUTO_CREATE not in values else values[_AUTO_CREATE] == "true"
