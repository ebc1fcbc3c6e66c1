"""Rows K: records come again, in any order, or are none that anybody could read."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from services.cli.up.addresses import SERVICES
from services.contracts import Stream, topics
from services.kit.bus import Connection, apply, lag
from tests.chaos.figures import record
from tests.chaos.outside import fault
from tests.chaos.records import Topics
from tests.chaos.row import Row
from tests.chaos.stored import Snapshot, snapshot
from tests.chaos.wired import WiredParts
from tests.chaos.world import SESSION_SECONDS, World
from tests.integration.dead_letters.badness import GROUPED, KINDS, Case, send
from tests.waiting import eventually

SPOILT = ("no JSON", "null", "no headers", "newer version", "nearly too large", "unknown header")


@pytest.fixture
def world(wired_world: World) -> World:
    return wired_world


@pytest.mark.whole
@pytest.mark.row("K-09")
async def test_a_full_re_read_changes_no_document(row: Row, parts: WiredParts) -> None:
    client = await row.client()
    async with row.load(client):
        await asyncio.sleep(3)
    await row.passes()
    before = await _stored(parts)
    straight = Topics(parts.broker.bootstrap)
    for service in SERVICES:
        await row.world.system.stop(service)
    for group, streams in (await _read_by(parts)).items():
        await _deserted(straight, group)
        await straight.rewind(group, streams)
    behind = await _lag(parts)
    for service in SERVICES:
        await row.world.system.start(service)
    await eventually(lambda: _all_read(parts), within=90, every=0.5)
    await row.world.until_ready()
    assert await _stored(parts) == before
    record(row.id, row.test, "records_read_again", behind)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("K-11")
async def test_records_that_come_again_in_any_order_change_no_document(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client):
        await asyncio.sleep(3)
    await row.passes()
    before = await _stored(parts)
    other = await row.client()
    async with row.load(other, rate=2), fault(row, "replay", "kafka"):
        again = await Topics(parts.broker.bootstrap).replay(row.dice, *GROUPED)
        await eventually(lambda: _all_read(parts), within=90, every=0.5)
    after = await _stored(parts)
    assert {key: after.get(key) for key in before} == before
    record(row.id, row.test, "records_sent_again", again)
    await row.passes()


@pytest.mark.row("K-12")
async def test_records_that_nobody_can_read_hurt_no_neighbour(row: Row, parts: WiredParts) -> None:
    client = await row.client()
    row.follow(client)
    cases = [(stream, kind) for stream in GROUPED for kind in SPOILT]
    row.dice.shuffle(cases)
    async with row.load(client, rate=4):
        async with fault(row, "spoil", "kafka"):
            for stream, kind in cases:
                connection = Connection(parts.broker.bootstrap)
                await send(connection, [Case.of(stream, kind)])
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
    verdict = await row.passes()
    readers = Counter(stream for read in (await _read_by(parts)).values() for stream in read)
    bad = [stream for stream, kind in cases if KINDS[kind].reason_on(stream)]
    assert verdict["dead_letters"] == sum(readers[stream] for stream in bad)


@pytest.mark.whole
@pytest.mark.row("K-14")
async def test_partitions_added_under_load_are_read_by_all(row: Row, parts: WiredParts) -> None:
    """Within seconds: clients of Kafka look for new partitions every ten."""
    client = await row.client()
    connection = Connection(parts.broker.bootstrap)
    grown = {connection.topic(Stream.REQUESTS), connection.topic(Stream.DECISIONS)}
    specs = [replace(spec, partitions=12) for spec in topics() if spec.name in grown]
    async with row.load(client, rate=2):
        await asyncio.sleep(1)
        async with fault(row, "grow", "kafka"):
            await apply(connection, specs)
        await asyncio.sleep(12)
    await row.passes()


async def _stored(parts: WiredParts) -> Snapshot:
    return await asyncio.to_thread(snapshot, parts.store.url)


async def _deserted(straight: Topics, group: str) -> None:
    """Static members don't say goodbye: their session has to end."""

    async def gone() -> bool:
        return await straight.members(group) == 0

    await eventually(gone, within=SESSION_SECONDS * 5, every=0.5)


async def _lag(parts: WiredParts) -> int:
    connection = Connection(parts.broker.bootstrap)
    return sum([place.lag for group in SERVICES for place in await lag(connection, group)])


async def _read_by(parts: WiredParts) -> dict[str, set[Stream]]:
    """Of each service's group the streams of which it has handled anything."""
    connection = Connection(parts.broker.bootstrap)
    read = {group: await lag(connection, group) for group in SERVICES}
    return {
        group: {stream for place in places if (stream := connection.stream(place.topic))}
        for group, places in read.items()
    }


async def _all_read(parts: WiredParts) -> bool:
    return await _lag(parts) == 0
