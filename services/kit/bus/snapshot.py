"""Reading topics from their beginning to where they end now, once."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from services.kit.bus.admin import partitions
from services.kit.bus.connection import Connection
from services.kit.bus.kafka import AIOKafkaConsumer, KafkaError, TopicPartition
from services.kit.bus.model import Record
from services.kit.bus.polling import CONSUMER_OPTIONS, poll
from services.kit.bus.supervision import discard, start
from services.kit.errors import Unavailable

__all__ = ["read_through"]

_ANSWER_WITHIN = 30.0
_SILENCE = 30.0


async def read_through(connection: Connection, *topics: str) -> AsyncGenerator[Record, None]:
    """Every record that lies there now, in order per partition; of later ones, perhaps some.

    Raises TopicMissing or Unavailable.
    """
    places = await partitions(connection, topics)
    consumer = AIOKafkaConsumer(**connection.options(), **CONSUMER_OPTIONS)
    never = asyncio.Event()
    try:
        await start(consumer, never)
        async with asyncio.timeout(_ANSWER_WITHIN):
            begins = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
        consumer.assign(places)
        for place, offset in begins.items():
            consumer.seek(place, offset)
        heard_at = asyncio.get_running_loop().time()
        while await _is_behind(consumer, ends):
            batch = await poll(consumer, never)
            now = asyncio.get_running_loop().time()
            if batch:
                heard_at = now
            elif now - heard_at > _SILENCE:
                raise Unavailable("bus", f"{topics[0]} can't be read to its end")
            for records in batch.values():
                for record in records:
                    yield record
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("bus", repr(error)) from error
    finally:
        await discard(consumer)


async def _is_behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """By position: the last records may have been compacted away."""
    async with asyncio.timeout(_ANSWER_WITHIN):
        for place, end in ends.items():
            if await consumer.position(place) < end:
                return True
    return False
