"""Polls that end by themselves, and only with their consumer by force (law 8)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from services.contracts import WireRecord
from services.kit.bus.errors import PollStuck, TopicMissing
from services.kit.bus.kafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition, fetcher
from services.kit.bus.model import Record
from services.kit.bus.unpacking import PatientRecords

__all__ = ["CONSUMER_OPTIONS", "Batch", "poll", "require_topics", "still_there"]

Batch = Mapping[TopicPartition, Sequence[Record]]

CONSUMER_OPTIONS = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "max_poll_records": 500,
    "fetch_max_bytes": 8 * 1024 * 1024,
    "max_partition_fetch_bytes": 2 * 1024 * 1024,
    "metadata_max_age_ms": 10_000,
}

# For all consumers of this process: aiokafka takes none by argument (ADR 0017).
fetcher.MemoryRecords = PatientRecords

_POLL_MS = 250
_STUCK_AFTER = 60.0
_STUCK_AT_STOP = 1.0
_ANSWER_WITHIN = 8.0


async def poll(consumer: AIOKafkaConsumer, stop: asyncio.Event) -> Batch:
    """What has come, within a quarter of a second; longer only while a group rebalances.

    `stop` shortens that.

    Raises PollStuck, or whatever aiokafka does: then the consumer must be thrown away, because
    aiokafka 0.14 counts a poll that didn't return as one that never ends.
    """
    polling = asyncio.create_task(consumer.getmany(timeout_ms=_POLL_MS))
    stopping = asyncio.create_task(stop.wait())
    try:
        either = {polling, stopping}
        await asyncio.wait(either, timeout=_STUCK_AFTER, return_when=asyncio.FIRST_COMPLETED)
        done, _ = await asyncio.wait({polling}, timeout=_STUCK_AT_STOP)
    finally:
        polling.cancel()
        stopping.cancel()
    if not done:
        raise PollStuck
    return {place: [_record(found) for found in batch] for place, batch in polling.result().items()}


async def require_topics(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> None:
    """Raises TopicMissing, or whatever tells that the brokers don't answer.

    Asks before a topic is named to aiokafka, which would wait for it without a word (A14).
    """
    async with asyncio.timeout(_ANSWER_WITHIN):
        present = await consumer.topics()
    for topic in topics:
        if topic not in present:
            raise TopicMissing(topic)


def still_there(consumer: AIOKafkaConsumer, topics: Iterable[str]) -> int:
    """How many partitions these topics have by now. Raises TopicMissing for one that is gone."""
    count = 0
    for topic in topics:
        known = consumer.partitions_for_topic(topic)
        if known is None:
            raise TopicMissing(topic)
        count += len(known)
    return count


def _record(found: ConsumerRecord) -> Record:
    # A header may have no value at all, which tells no reader of ours more than an empty one.
    headers = tuple((name, value or b"") for name, value in found.headers)
    wire = WireRecord(found.key, found.value, headers)
    return Record(found.topic, found.partition, found.offset, _instant(found.timestamp), wire)


def _instant(milliseconds: int) -> datetime:
    """When a producer says it was; Kafka takes any number, and what is no time is 1970."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
