"""What the topics themselves say of a set of jobs, read by a consumer that is none of ours."""

import json
from collections import defaultdict
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]  # as shipped

from services.contracts import STREAMS, Stream, topic

__all__ = ["ends_of"]

_ENDS = ("JobRejected", "JobCompleted", "JobFailed", "JobCancelled")


async def ends_of(bootstrap: str, jobs: Collection[str]) -> dict[str, set[tuple[str, str]]]:
    """Of each job the distinct ends (type, event id) that were ever published."""
    ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [
            TopicPartition(topic(stream), partition)
            for stream in (Stream.DECISIONS, Stream.RENDERS)
            for partition in range(STREAMS[stream].partitions)
        ]
        consumer.assign(places)
        last = await consumer.end_offsets(places)
        while any([await consumer.position(place) < last[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    job = json.loads(record.value).get("job")
                    kind = headers["ce_type"].split(".")[2]
                    if job in jobs and kind in _ENDS:
                        ends[job].add((kind, headers["ce_id"]))
    finally:
        await consumer.stop()
    return ends
