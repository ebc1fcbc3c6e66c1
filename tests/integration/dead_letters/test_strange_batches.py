"""Records that Kafka takes and Python's Kafka libraries don't write: their readers go on."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.contracts import Envelope, Event, EventId, Stream, WireRecord, encode
from services.contracts.events import UsageChanged
from services.kit.bus import lag
from services.kit.bus.kafka import AIOKafkaProducer
from tests.integration.kit.bus.bench import Bench, Heard, running
from tests.unit.kit.bus.samples import NOW, account, cancel
from tests.unit.kit.bus.strange import CODECS, NAME, READ_AS, put
from tests.waiting import eventually

ODD = (NAME, b"\xff")
NULL: tuple[str, bytes] = ("x", None)  # type: ignore[assignment]  # as Kafka has it


def with_header(wire: WireRecord, header: tuple[str, bytes]) -> WireRecord:
    return replace(wire, headers=(*wire.headers, header))


def has_handled_all(bench: Bench) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        places = await lag(bench.connection, "test")
        return any(place.committed for place in places) and not sum(place.lag for place in places)

    return so


@pytest.mark.parametrize(("header", "read_as"), [(ODD, (READ_AS, b"\xff")), (NULL, ("x", b""))])
async def test_an_event_with_an_odd_header_is_handled_and_garbage_with_one_is_a_dead_letter(
    bench: Bench, header: tuple[str, bytes], read_as: tuple[str, bytes]
) -> None:
    sent, heard = [cancel() for _ in range(3 * len(CODECS))], Heard()
    topic = bench.connection.topic(Stream.CANCELLATIONS)
    garbage = WireRecord(b"k", b"{", (header, ("y", b"2")))
    async with running(bench.producer, bench.group(heard)):
        await bench.ready(within=120)
        for number, codec in enumerate(CODECS):
            before, odd, behind = (encode(one) for one in sent[3 * number :][:3])
            batch = [before, with_header(odd, header), garbage, behind]
            await put(bench.connection, topic, batch, codec)
        await eventually(has_handled_all(bench), within=120)

    assert {one.id for one in heard.envelopes} == {one.id for one in sent}
    letters = await bench.dead_letters(Stream.CANCELLATIONS)
    assert [letter.record.offset for letter in letters] == [2, 6, 10, 14, 18]
    for letter in letters:
        assert (letter.reason, letter.record.partition) == ("not_a_cloudevent", 0)
        assert letter.record.wire == replace(garbage, headers=(read_as, ("y", b"2")))


async def test_odd_headers_stop_no_table_and_no_tail(bench: Bench) -> None:
    events = [UsageChanged(at=NOW, account=account(), version=1, plan="free") for _ in range(4)]
    envelopes = [Envelope[Event](EventId.new(NOW), "test", event) for event in events]
    before, odd, null, behind = (encode(one) for one in envelopes)
    batch = [before, with_header(odd, ODD), with_header(null, NULL), behind]
    table, tail = bench.table(Stream.USAGE, UsageChanged), bench.tail(Stream.USAGE)
    heard: list[Envelope[Event]] = []
    tail.listen(heard.append)
    async with running(bench.producer, table, tail):
        await bench.ready(within=120)
        await put(bench.connection, bench.connection.topic(Stream.USAGE), batch)
        await eventually(lambda: len(heard) == len(table) == len(batch), within=120)

    assert heard == envelopes
    assert dict(table) == {event.account: event for event in events}


async def test_a_producer_may_compress_as_it_likes(bench: Bench) -> None:
    topic = bench.connection.topic(Stream.CANCELLATIONS)
    sent, heard = [cancel() for _ in range(4 * 20)], Heard()
    async with running(bench.producer, bench.group(heard)):
        await bench.ready(within=120)
        for number, codec in enumerate(("gzip", "snappy", "lz4", "zstd")):
            options = bench.connection.options()
            client = AIOKafkaProducer(**options, compression_type=codec, linger_ms=50)
            await client.start()
            for wire in (encode(one) for one in sent[20 * number :][:20]):
                await client.send(topic, wire.value, wire.key, headers=list(wire.headers))
            await client.stop()  # flushes first
        await eventually(has_handled_all(bench), within=120)

    assert {one.id for one in heard.envelopes} == {one.id for one in sent}
