import json
from dataclasses import replace

import pytest

from services.contracts import Envelope, Event, EventId, Stream, decode
from services.contracts.events.load import Heat, LoadReported
from services.kit.bus import MAX_RECORD_BYTES
from services.kit.errors import Unavailable, Unprocessable
from tests.integration.kit.bus.bench import Bench, Heard, eventually, running
from tests.unit.kit.bus.samples import NOW, cancel


def load(reporter: str = "c") -> Envelope[Event]:
    event = LoadReported(
        at=NOW, pool="default", reporter=reporter, fence=1, capacity=1, running=0, heat=Heat.COOL
    )
    return Envelope(EventId.new(NOW), "render", event)


async def test_an_event_lies_in_its_topic_as_a_cloudevent(bench: Bench) -> None:
    envelope = replace(load(), traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    async with running(bench.producer):
        await bench.producer.publish([envelope])

    (wire,) = await bench.records(bench.connection.topic(Stream.LOAD))
    assert decode(wire) == envelope
    assert wire.key == b"default"
    assert json.loads(wire.value or b"")["heat"] == "cool"
    assert dict(wire.headers)["ce_type"] == b"heatsink.load.LoadReported.v1"


async def test_an_event_that_kafka_will_never_take_is_refused_before_any_is_sent(
    bench: Bench,
) -> None:
    async with running(bench.producer):
        with pytest.raises(Unprocessable, match="too_large"):
            await bench.producer.publish([load(), load("x" * MAX_RECORD_BYTES)])

    assert await bench.records(bench.connection.topic(Stream.LOAD)) == []


async def test_the_largest_event_that_is_let_through_is_taken_by_kafka(bench: Bench) -> None:
    async with running(bench.producer):
        await bench.producer.publish([load("x" * (MAX_RECORD_BYTES - 1_000))])

    assert len(await bench.records(bench.connection.topic(Stream.LOAD))) == 1


async def test_lossy_news_arrives_without_anyone_waiting(bench: Bench) -> None:
    heard = Heard()
    tail = bench.tail(Stream.LOAD)
    tail.listen(heard.envelopes.append)
    async with running(bench.producer, tail):
        await bench.ready()
        sent = [load() for _ in range(100)]
        # The way there is known then; what waited for that could be lost, as it may be.
        await bench.producer.publish(sent[:1])
        for envelope in sent[1:]:
            bench.producer.send_lossy(envelope)
        await eventually(lambda: sent[-1] in heard)

    assert [envelope for envelope in sent if envelope in heard] == heard.envelopes
    assert len(heard.envelopes) > 90


async def test_a_producer_that_does_not_run_says_so_within_its_deadline(bench: Bench) -> None:
    bench.producer._timeout = 0.2
    with pytest.raises(Unavailable):
        await bench.producer.publish([cancel()])
