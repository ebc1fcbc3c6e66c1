"""Who in a group gets which partitions, and from what knowledge that was decided."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Protocol

from services.kit.bus.kafka import (
    Cluster,
    MemberAssignment,
    MemberMetadata,
    RoundRobinPartitionAssignor,
)

__all__ = ["Assignor"]


class Partitions(Protocol):
    def partitions_for_topic(self, topic: str) -> set[int] | None: ...


class Assignor:
    """Round robin; each assignment says how many partitions its maker knew of.

    A static member that comes back is given what it had before, and when it led the group it isn't
    told that it still does (KIP-814 came after what aiokafka speaks). Then nobody notices topics
    that grew or were made anew, and their partitions would wait for ever. Each member compares.
    """

    name = "roundrobin"

    def __init__(self) -> None:
        self._mark = b""
        self._counts: dict[str, int] = {}
        self.renew()

    def renew(self) -> None:
        """Makes the next join differ from the last one, else the brokers change nothing for it."""
        self._mark = secrets.token_bytes(8)

    def outdated(self, brokers: Partitions, topics: Iterable[str]) -> bool:
        """Whether there are partitions that the current assignment knew nothing of, or too many."""
        return any(
            len(brokers.partitions_for_topic(topic) or ()) != self._counts.get(topic)
            for topic in topics
        )

    def metadata(self, topics: Iterable[str]) -> MemberMetadata:
        made = RoundRobinPartitionAssignor.metadata(topics)
        return MemberMetadata(made.version, made.subscription, self._mark)

    def assign(
        self, cluster: Cluster, members: Mapping[str, MemberMetadata]
    ) -> dict[str, MemberAssignment]:
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
        known = json.dumps(counts).encode()
        assigned = RoundRobinPartitionAssignor.assign(cluster, members)
        return {
            member: MemberAssignment(share.version, share.assignment, known)
            for member, share in assigned.items()
        }

    def on_assignment(self, assignment: MemberAssignment) -> None:
        self._counts = json.loads(assignment.user_data or b"{}")
