"""Rows K: Kafka itself loses what was not read yet, with its topic or by retention."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from services.contracts import Stream, topics
from services.kit.bus import Connection, apply
from tests.chaos.figures import record
from tests.chaos.load import Client, Wish
from tests.chaos.outside import fault
from tests.chaos.records import Raw, Topics
from tests.chaos.row import Row, Verdict
from tests.chaos.wired import WiredParts
from tests.chaos.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.whole

PREFIX = "lossy"
REMIND_SECONDS = 4
JOBS = 10

WITHOUT_ITS_EVENT = re.compile(
    r"\d+ requests, \d+ of them reminders"
    r"|different Job(Requested|Admitted) of"
    r"|row without its event"
)
"""What the checker says of a job whose events were taken away, or told again."""


@pytest.fixture(scope="module")
async def lossy_world(
    parts: WiredParts, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """On the same parts, and quick to ask again."""
    environ = {
        "HEATSINK_TOPIC_PREFIX": PREFIX,
        "HEATSINK_DATABASE_PREFIX": PREFIX,
        "HEATSINK_GATEWAY_REMIND_SECONDS": str(REMIND_SECONDS),
    }
    folder = tmp_path_factory.mktemp(PREFIX)
    async with World.running(folder, **parts.environment, **environ) as made:
        yield made


@pytest.fixture
def world(lossy_world: World) -> World:
    return lossy_world


@pytest.mark.row("K-08")
async def test_a_topic_that_is_deleted_is_named_and_made_again_without_loss(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    lost = Topics(parts.broker.bootstrap, PREFIX)
    async with row.load(client, rate=3):
        await asyncio.sleep(1)
        async with fault(row, "away", "topic"):
            await lost.remove(Stream.REQUESTS)
            missing = f"topic_missing:{lost.name(Stream.REQUESTS)}"
            await eventually(lambda: _names(row.world, missing), within=60, every=0.5)
            await apply(Connection(parts.broker.bootstrap, PREFIX), topics(PREFIX))
        await row.world.until_ready()
        await asyncio.sleep(1)
    await _settles(row, lost)


@pytest.mark.row("K-10")
@pytest.mark.parametrize(
    ("reader", "stream"), [("quota", Stream.REQUESTS), ("render", Stream.DECISIONS)]
)
async def test_what_retention_took_before_it_was_read_is_asked_for_again(
    row: Row, parts: WiredParts, reader: str, stream: Stream
) -> None:
    client = await row.client(wish=Wish(cancelled=0))
    lost = Topics(parts.broker.bootstrap, PREFIX)
    async with row.faults.away(reader):
        for _ in range(JOBS):
            client.ask()
        await client.until_answered()
        await eventually(lambda: _lies_there(client, lost, stream), every=0.2)
        await lost.forget(stream)
    assert await _settles(row, lost) >= JOBS


async def _settles(row: Row, lost: Topics) -> int:
    """Nothing lost or doubled; how often it was asked again for that."""
    verdict: Verdict = await row.settle()
    others = [one for one in verdict.findings if not WITHOUT_ITS_EVENT.search(one["detail"])]
    assert others == []
    assert (verdict["lost"], verdict["doubled"], verdict["over_admitted"]) == (0, 0, 0)
    requests = [json.loads(_value(one)) for one in await lost.read(Stream.REQUESTS)]
    asked = sum(1 for request in requests if request["reminder"])
    record(row.id, row.test, "reminders", asked)
    return asked


async def _names(world: World, reason: str) -> bool:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(world.system.addresses.ready_url("gateway"))
    return reason in answer.json()["reasons"].values()


async def _lies_there(client: Client, lost: Topics, stream: Stream) -> bool:
    found = b" ".join([_value(one) for one in await lost.read(stream)])
    return all(job.encode() in found for job in client.jobs.values())


def _value(record: Raw) -> bytes:
    return record.value or b""
