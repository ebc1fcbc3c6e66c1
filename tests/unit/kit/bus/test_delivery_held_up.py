"""What holds a delivery up: a part that is away, a blown fuse, a pause."""

import asyncio

import pytest

from services.kit.errors import Unavailable
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics
from tests.unit.kit.bus.deliveries import Bench, Handler
from tests.unit.kit.bus.samples import (
    SUBMISSIONS,
    garbage,
    record,
    turns,
)


async def test_an_event_waits_for_a_part_that_is_away_for_as_long_as_it_takes() -> None:
    handler = Handler(*[Unavailable("database")] * 10)
    bench = Bench(handler)
    delivering = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()
    assert bench.gate.shut == "database_unavailable"

    for _ in range(10):
        assert not delivering.done()
        await bench.passes(5)
    await delivering

    assert len(handler.handled) == 1
    assert bench.sender.sent == []


async def test_while_a_part_is_away_no_other_call_begins() -> None:
    handler = Handler(Unavailable("database"))
    bench = Bench(handler)
    first = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()
    second = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()
    assert handler.calls == 1

    await bench.passes(1)
    await asyncio.gather(first, second)
    assert handler.calls == 3


async def test_a_dead_letter_waits_for_kafka_too() -> None:
    bench = Bench(Handler())
    bench.sender.failures.append(Unavailable("bus"))
    delivering = asyncio.create_task(bench.delivery.deliver(garbage()))
    await turns()
    assert not delivering.done()

    await bench.passes(1)
    await delivering
    assert len(bench.sender.sent) == 1


async def test_twenty_bad_records_in_a_row_on_a_stream_of_ours_stop_everything() -> None:
    handler = Handler()
    bench = Bench(handler)
    for offset in range(19):
        await bench.delivery.deliver(garbage(offset=offset))
    last = asyncio.create_task(bench.delivery.deliver(garbage(offset=19)))
    good = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()

    assert bench.gate.blown == "fuse_blown:heatsink.cancellations.v1"
    assert len(bench.sender.sent) == 19
    assert not last.done()
    assert not good.done()
    last.cancel()
    good.cancel()


async def test_an_alarm_can_tell_no_dead_letter_from_no_reader() -> None:
    group = {"group": "test", "stream": "cancellations"}
    with recorded_metrics() as figures:
        bench = Bench(Handler())
        assert figures.of(metrics.DEAD_LETTER_NEWEST, **group) == 0
        for offset in range(19):
            await bench.delivery.deliver(garbage(offset=offset))
        now = bench.clock.now().timestamp()
        assert figures.of(metrics.DEAD_LETTER_NEWEST, **group) == now
        assert figures.of(metrics.DEAD_LETTERS, **group, reason="not_a_cloudevent") == 19
        assert figures.of(metrics.FUSE_STATE, group="test") == 0

        last = asyncio.create_task(bench.delivery.deliver(garbage(offset=19)))
        await turns()
        assert figures.of(metrics.FUSE_STATE, group="test") == 1
        last.cancel()


async def test_strangers_can_not_blow_a_fuse() -> None:
    bench = Bench(Handler())
    for offset in range(300):
        await bench.delivery.deliver(garbage(offset=offset, topic=SUBMISSIONS))

    assert bench.gate.blown is None
    assert len(bench.sender.sent) == 300


async def test_a_paused_delivery_ends_what_runs_and_begins_nothing() -> None:
    handler = Handler()
    bench = Bench(handler)
    bench.gate.pause("stopping")
    delivering = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()
    async with asyncio.timeout(1):
        await bench.delivery.idle()

    assert handler.calls == 0
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
