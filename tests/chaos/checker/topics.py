"""Reads topics as a stranger would: without a group, from when the clients began."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]  # as shipped

from services.contracts.streams import STREAMS, Stream, dead_letter_topic, topic
from tests.chaos.checker.evidence import Record

__all__ = ["Topics"]

_READ = (Stream.REQUESTS, Stream.DECISIONS, Stream.RENDERS)
_MILLISECONDS = 1000
_BEFORE = 5.0


class Topics:
    """All records since a moment, of jobs of some accounts; `dead_letters` counts all."""

    def __init__(self, consumer: Any, prefix: str, accounts: frozenset[str]) -> None:
        self.records: list[Record] = []
        self.dead_letters = 0
        self._consumer = consumer
        self._accounts = accounts
        self._streams = {topic(stream, prefix): stream for stream in _READ}

    @classmethod
    @asynccontextmanager
    async def since(
        cls, began: float, bootstrap: str, prefix: str, accounts: frozenset[str]
    ) -> AsyncIterator["Topics"]:
        read = [topic(stream, prefix) for stream in _READ]
        dead = [dead_letter_topic(topic(stream, prefix)) for stream in STREAMS]
        consumer = AIOKafkaConsumer(
            *read, *dead, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            topics = cls(consumer, prefix, accounts)
            await topics._begin(began)
            yield topics
        finally:
            await consumer.stop()

    async def read_on(self) -> None:
        """To where the topics end now."""
        places = self._consumer.assignment()
        last = await self._consumer.end_offsets(places)
        while any([await self._consumer.position(place) < last[place] for place in places]):
            for place, found in (await self._consumer.getmany(timeout_ms=300)).items():
                self._take(place.topic, found)

    async def _begin(self, began: float) -> None:
        places = self._consumer.assignment()
        moment = int((began - _BEFORE) * _MILLISECONDS)
        found = await self._consumer.offsets_for_times(dict.fromkeys(places, moment))
        ends = await self._consumer.end_offsets(places)
        for place in places:
            offset = found.get(place)
            self._consumer.seek(place, offset.offset if offset else ends[place])

    def _take(self, name: str, found: list[Any]) -> None:
        stream = self._streams.get(name)
        if stream is None:
            self.dead_letters += len(found)
            return
        for raw in found:
            record = _record(stream.value, raw)
            if record is not None and record.account in self._accounts:
                self.records.append(record)


def _record(stream: str, raw: Any) -> Record | None:
    """None for what is no event of a job, as malformed records of other rows are none."""
    headers = {name: value.decode(errors="replace") for name, value in raw.headers}
    try:
        data = json.loads(raw.value or b"")
        return Record(
            stream=stream,
            type=headers["ce_type"].split(".")[2],
            id=headers["ce_id"],
            account=data["account"],
            job=data["job"],
            at=_instant(data["at"]),
            data=data,
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
