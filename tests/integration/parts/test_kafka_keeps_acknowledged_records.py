"""`acks=all` outlives a SIGKILL of the broker: its log is in the kernel's hands by then."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

from services.cli.parts import KafkaBroker
from services.contracts import TopicSpec
from services.kit.bus import Connection, apply
from services.kit.bus.kafka import AIOKafkaConsumer, AIOKafkaProducer, KafkaError, TopicPartition

ROUNDS = 2
ACKNOWLEDGED_BEFORE_THE_KILL = 2_000
IN_TIME = 30.0
TOPIC = "kept"
TOPIC_SPEC = TopicSpec(TOPIC, partitions=1, retention=timedelta(hours=1), compacted=False)


async def produce_until_killed(broker: KafkaBroker, round_number: int) -> list[bytes]:
    """What the broker acknowledged before it was killed in full flow."""
    acknowledged: list[bytes] = []
    enough = asyncio.Event()
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", request_timeout_ms=1_000
    )
    await producer.start()

    async def produce(writer: int) -> None:
        for number in range(1_000_000):
            value = f"{round_number}-{writer}-{number}".encode()
            await (await producer.send(TOPIC, value, None, headers=[]))
            acknowledged.append(value)
            if len(acknowledged) >= ACKNOWLEDGED_BEFORE_THE_KILL:
                enough.set()

    writers = [asyncio.create_task(produce(writer)) for writer in range(8)]
    await asyncio.wait_for(enough.wait(), IN_TIME)
    await broker.kill()
    for writer in writers:
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    with contextlib.suppress(KafkaError):
        await asyncio.wait_for(producer.stop(), IN_TIME)
    return acknowledged


async def stored(bootstrap: str) -> set[bytes | None]:
    partition = TopicPartition(TOPIC, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        values: set[bytes | None] = set()
        while await consumer.position(partition) < end:
            batches = await consumer.getmany(timeout_ms=500)
            values.update(r.value for batch in batches.values() for r in batch)
        return values
    finally:
        await consumer.stop()


async def test_acknowledged_records_survive_a_killed_broker(tmp_path: Path) -> None:
    acknowledged: set[bytes] = set()
    async with KafkaBroker.running(tmp_path) as broker:
        await apply(Connection(broker.bootstrap), [TOPIC_SPEC])
        for round_number in range(ROUNDS):
            acknowledged.update(await produce_until_killed(broker, round_number))
            await broker.start()
            kept = await asyncio.wait_for(stored(broker.bootstrap), IN_TIME)
            assert acknowledged - kept == set()
