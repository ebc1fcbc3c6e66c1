"""Kafka: brokers, partitions, topics as the table wants them."""

import time
from collections.abc import Sequence

from services.cli.doctor.notes import Notes
from services.contracts import TopicSpec
from services.kit.bus import Connection
from services.kit.bus.survey import Cluster, Deviation, cluster, deviations
from services.kit.diagnosis import Check, Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import counted, span_of
from services.kit.errors import Unavailable

__all__ = ["cluster_findings", "kafka_checks", "topic_finding"]

_REACH = "start Kafka (heatsink up does), or see whether HEATSINK_KAFKA_BOOTSTRAP is right"
_APPLY = "heatsink topics apply"
_NAMED = 3
_AUTO = "auto.create.topics.enable"


def kafka_checks(
    connection: Connection, specs: Sequence[TopicSpec], notes: Notes
) -> tuple[Check, ...]:
    async def brokers() -> Sequence[Finding]:
        began = time.monotonic()
        try:
            found = await cluster(connection, [spec.name for spec in specs])
        except Unavailable as error:
            why = f"none answers at {connection.bootstrap[:80]} ({error.detail.partition('(')[0]})"
            return (bad(Section.KAFKA, "brokers", why, _REACH),)
        notes.reached.add("kafka")
        return cluster_findings(found, time.monotonic() - began)

    async def topics() -> Sequence[Finding]:
        return (topic_finding(await deviations(connection, specs), len(specs)),)

    return (
        Check(Section.KAFKA, "brokers", brokers, _REACH),
        Check(Section.KAFKA, "topics", topics, "start the brokers first"),
    )


def cluster_findings(found: Cluster, seconds: float) -> tuple[Finding, ...]:
    return (_brokers(found, seconds), _auto_creation(found))


def topic_finding(found: Sequence[Deviation], wanted: int) -> Finding:
    if not found:
        return ok(Section.KAFKA, "topics", f"{wanted} as declared")
    if absent := [one.topic for one in found if one.missing]:
        return bad(Section.KAFKA, "topics", f"missing: {_few(absent)}", _APPLY)
    differing = _few([f"{one.topic} {one.problem}" for one in found])
    return warn(Section.KAFKA, "topics", differing, _APPLY)


def _brokers(found: Cluster, seconds: float) -> Finding:
    figure = f"{counted(found.brokers, 'broker')}, cluster {found.id}, asked in {span_of(seconds)}"
    if found.unled:
        advice = "start the brokers that are down: nothing is read or written there until then"
        return bad(Section.KAFKA, "brokers", f"no leader for {_few(found.unled)}", advice)
    if found.thin:
        advice = "start the brokers that are down, or wait until they have caught up"
        return warn(Section.KAFKA, "brokers", f"replicas lag in {_few(found.thin)}", advice)
    return ok(Section.KAFKA, "brokers", figure)


def _auto_creation(found: Cluster) -> Finding:
    creating = [str(node) for node, does in found.creates_topics.items() if does]
    unknown = [str(node) for node, does in found.creates_topics.items() if does is None]
    if creating:
        advice = f"set {_AUTO}=false there: a typo becomes a topic"
        return warn(Section.KAFKA, _AUTO, f"true on broker {', '.join(creating)}", advice)
    if unknown:
        advice = "allow this user DescribeConfigs on the cluster, or look at the brokers yourself"
        return warn(Section.KAFKA, _AUTO, f"not told by broker {', '.join(unknown)}", advice)
    return ok(Section.KAFKA, _AUTO, "false")


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
