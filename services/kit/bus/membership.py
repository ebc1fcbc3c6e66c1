"""One consumer's place in a group, under a static name (law 9)."""

import hashlib
from collections.abc import Collection

from services.kit.bus.assignor import Assignor
from services.kit.bus.connection import Connection
from services.kit.bus.kafka import AIOKafkaConsumer
from services.kit.bus.polling import CONSUMER_OPTIONS, require_topics, still_there

__all__ = ["Membership"]

_REJOIN_EVERY = 30.0
_HEARTBEATS_PER_SESSION = 6


class Membership:
    """Joins, and joins again when partitions have come or gone since the group was last divided."""

    def __init__(
        self, connection: Connection, group: str, replica: str, topics: Collection[str]
    ) -> None:
        self._topics = topics
        self._assignor = Assignor()
        self._listener: object = None
        self._rejoin_at = 0.0
        session_ms = round(connection.session_seconds * 1000)
        self.consumer = AIOKafkaConsumer(
            **connection.options(),
            **CONSUMER_OPTIONS,
            group_id=connection.group(group),
            group_instance_id=f"{group}-{replica}-{_mark(topics)}",
            partition_assignment_strategy=(self._assignor,),
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // _HEARTBEATS_PER_SESSION,
            rebalance_timeout_ms=30_000,
            max_poll_interval_ms=300_000,
        )

    async def join(self, listener: object) -> None:
        """Raises TopicMissing. `listener` is told what partitions come and go."""
        await require_topics(self.consumer, self._topics)
        self._listener = listener
        self._subscribe()

    def share(self) -> float:
        """The part of all partitions that this member has; 1 while it has none or can't say."""
        known = [self.consumer.partitions_for_topic(topic) for topic in self._topics]
        total = sum(len(partitions or ()) for partitions in known)
        return (
            len(self.consumer.assignment()) / total if total and self.consumer.assignment() else 1.0
        )

    def outdated(self, now: float) -> bool:
        """Whether to `rejoin`; not more often than seldom. Raises TopicMissing for one gone."""
        still_there(self.consumer, self._topics)
        return now >= self._rejoin_at and self._assignor.outdated(self.consumer, self._topics)

    def rejoin(self, now: float) -> None:
        """Has the group divided anew."""
        self._rejoin_at = now + _REJOIN_EVERY
        self._assignor.renew()
        self._subscribe()

    def _subscribe(self) -> None:
        self.consumer.subscribe(list(self._topics), listener=self._listener)


def _mark(topics: Collection[str]) -> str:
    """What a member reads, as a part of its name.

    A static member that comes back is given what it had: with a stream more it would not get that
    one's partitions, with one less aiokafka fails on what it didn't ask for (Kafka 4.3).
    """
    return hashlib.sha256(" ".join(sorted(topics)).encode()).hexdigest()[:8]
