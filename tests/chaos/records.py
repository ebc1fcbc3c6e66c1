"""Topics by hand, as nobody of ours treats them: records copied, spoilt or taken away."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import (  # type: ignore[import-untyped]  # as shipped
    AIOKafkaConsumer,
    AIOKafkaProducer,
)
from aiokafka.admin import (  # type: ignore[import-untyped]  # as shipped
    AIOKafkaAdminClient,
    RecordsToDelete,
)

from services.contracts import Stream, topic
from services.kit.bus import Connection
from services.kit.bus.admin import partitions

__all__ = ["Raw", "Topics"]


@dataclass(frozen=True)
class Raw:
    """A record as it lies in its topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Topics:
    """Those of one installation, reached straight."""

    bootstrap: str
    prefix: str = "heatsink"

    def name(self, stream: Stream) -> str:
        return topic(stream, self.prefix)

    async def read(self, *streams: Stream) -> list[Raw]:
        """All that lie there now."""
        async with self._consumer(streams) as consumer:
            places = consumer.assignment()
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning()
            found: list[Raw] = []
            while any([await consumer.position(place) < ends[place] for place in places]):
                for batch in (await consumer.getmany(timeout_ms=300)).values():
                    found += [Raw(r.topic, r.key, r.value, tuple(r.headers)) for r in batch]
            return found

    async def write(self, records: Iterable[Raw]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await producer.start()
        try:
            sent = [
                await producer.send(one.topic, one.value, one.key, headers=list(one.headers))
                for one in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def replay(self, dice: random.Random, *streams: Stream, times: int = 2) -> int:
        """Everything again, so many times, in any order; answers how many records that were."""
        records = await self.read(*streams) * times
        dice.shuffle(records)
        await self.write(records)
        return len(records)

    async def forget(self, *streams: Stream) -> None:
        """Takes all records away that are there now, as retention would."""
        async with self._consumer(streams) as consumer, self._admin() as admin:
            ends = await consumer.end_offsets(consumer.assignment())
            await admin.delete_records(
                {place: RecordsToDelete(before_offset=end) for place, end in ends.items()}
            )

    async def remove(self, stream: Stream) -> None:
        async with self._admin() as admin:
            await admin.delete_topics([self.name(stream)])

    async def rewind(self, group: str, streams: Iterable[Stream]) -> None:
        """The group has handled nothing, by its offsets. It must have no members."""
        names = [self.name(stream) for stream in streams]
        places = await partitions(Connection(self.bootstrap), names)
        async with self._consumer((), group_id=f"{self.prefix}.{group}") as consumer:
            consumer.assign(places)
            await consumer.commit(dict.fromkeys(places, 0))

    async def members(self, group: str) -> int:
        """How many of the group's members Kafka has not given up yet."""
        async with self._admin() as admin:
            (answer,) = await admin.describe_consumer_groups([f"{self.prefix}.{group}"])
            return len(answer.groups[0][5])

    @asynccontextmanager
    async def _consumer(self, streams: Iterable[Stream], **options: Any) -> AsyncIterator[Any]:
        """Without a group it has every partition of these streams from its start on."""
        consumer = AIOKafkaConsumer(
            *map(self.name, streams),
            bootstrap_servers=self.bootstrap,
            enable_auto_commit=False,
            **options,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[Any]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
