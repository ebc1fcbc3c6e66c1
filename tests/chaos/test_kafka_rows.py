"""Rows K: Kafka dies, freezes, or is out of reach, and no process of ours ends for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from services.cli.parts import Part
from tests.chaos.figures import record
from tests.chaos.knobs import KNOBS
from tests.chaos.outside import fault, refuses
from tests.chaos.row import Row
from tests.chaos.wired import WiredParts, away, dead, frozen, full
from tests.chaos.world import World
from tests.waiting import eventually
from tests.wire import Wire

REQUEST_SECONDS = 8.0
"""How long a producer waits for an acknowledgement."""

BUS = "event_bus_unavailable"


@pytest.fixture
def world(wired_world: World) -> World:
    return wired_world


@pytest.mark.whole
@pytest.mark.row("K-01")
@pytest.mark.parametrize("act", [dead, away])
async def test_a_broker_that_is_restarted_costs_time_and_nothing_else(
    row: Row, parts: WiredParts, act: Callable[[Part], AbstractAsyncContextManager[None]]
) -> None:
    client = await row.client()
    row.follow(client, 2)
    async with row.load(client, rate=4):
        for _ in range(KNOBS.times(1)):
            await asyncio.sleep(1)
            async with fault(row, "away", "kafka"), act(parts.broker):
                await asyncio.sleep(2)
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("K-04")
async def test_a_broker_that_stands_still_past_every_time_out_loses_nothing(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client, rate=3):
        await asyncio.sleep(1)
        async with fault(row, "freeze", "kafka"), frozen(parts.broker):
            await asyncio.sleep(REQUEST_SECONDS + 3)
        await asyncio.sleep(1)
    await row.passes()


async def cut(wire: Wire) -> None:
    wire.cut()
    await asyncio.sleep(3)


async def reset(wire: Wire) -> None:
    for _ in range(3):
        wire.reset()
        await asyncio.sleep(1)


async def stalled(wire: Wire) -> None:
    """Both ways, for less than anybody's patience."""
    wire.to_server.stall()
    wire.to_client.stall()
    await asyncio.sleep(4)


async def slow_bytes(wire: Wire) -> None:
    wire.to_server.rate = wire.to_client.rate = 100
    await asyncio.sleep(4)


async def latency(wire: Wire) -> None:
    wire.to_client.latency = 2
    await asyncio.sleep(5)


async def lost_answers(wire: Wire) -> None:
    """Kafka has the records, and their senders don't know."""
    wire.lose_answer_to(b".requests.v1", b".decisions.v1", b".renders.v1", times=6)
    await asyncio.sleep(4)
    assert wire.lost > 0


MODES = (cut, reset, stalled, slow_bytes, latency, lost_answers)
QUICK = {"lost_answers"}


@pytest.mark.row("K-05")
@pytest.mark.parametrize(
    "mode",
    [pytest.param(m, marks=[] if m.__name__ in QUICK else pytest.mark.whole) for m in MODES],
    ids=lambda mode: mode.__name__,
)
async def test_a_bad_wire_to_kafka_is_recovered_from_without_a_restart(
    row: Row, parts: WiredParts, mode: Callable[[Wire], Awaitable[None]]
) -> None:
    client = await row.client()
    async with row.load(client, rate=4):
        await asyncio.sleep(1)
        async with fault(row, mode.__name__, "kafka"):
            try:
                await mode(parts.kafka)
            finally:
                parts.kafka.heal()
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("K-07")
async def test_a_producer_that_got_no_answer_in_time_is_made_anew(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client, rate=3):
        await asyncio.sleep(1)
        async with fault(row, "no_answer", "kafka"):
            parts.kafka.to_client.stall()
            await asyncio.sleep(REQUEST_SECONDS + 5)
            parts.kafka.heal()
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("K-13")
async def test_a_full_disk_of_kafka_costs_time_and_nothing_else(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client, rate=2):
        await asyncio.sleep(1)
        async with fault(row, "full", "kafka"), full(parts.broker):
            await asyncio.sleep(5)
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.row("K-06")
@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.whole)])
async def test_without_kafka_jobs_are_taken_up_to_a_bound_and_all_of_them_end(
    row: Row, parts: WiredParts, seconds: float
) -> None:
    client = await row.client()
    async with row.load(client, rate=1):
        await asyncio.sleep(1)
        async with fault(row, "away", "kafka"), dead(parts.broker):
            began, before = time.monotonic(), row.diary.counts["answer"]
            await eventually(lambda: row.diary.counts["answer"] > before)
            await eventually(partial(refuses, client, "/v1/images/generations", BUS), every=0.5)
            await eventually(partial(refuses, client, "/v1/jobs", BUS), within=60, every=0.5)
            await asyncio.sleep(began + seconds - time.monotonic())
        back = time.monotonic()
    await client.until_over(90)
    record(row.id, row.test, "drained_within", round(time.monotonic() - back, 1), "s")
    verdict = await row.passes()
    assert verdict["server_errors"] > 0
