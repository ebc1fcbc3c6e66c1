"""Rows M: the database dies, is slow or out of reach, or loses its answers on the way."""

import asyncio
import time
from functools import partial
from typing import Any

import pytest
from pymongo import MongoClient

from tests.chaos.figures import record
from tests.chaos.knobs import KNOBS
from tests.chaos.load import Client, Wish
from tests.chaos.outside import fault, refuses
from tests.chaos.row import Row
from tests.chaos.wired import WiredParts, away, dead, full
from tests.chaos.world import TIGHT, World
from tests.waiting import eventually

MOST_SOCKETS = 60
"""What all services together may open to a database that answers slowly, beyond what they have."""
GONE = "storage_unavailable"
ANSWER_SECONDS = 10.0
"""Longer than any request may wait for the database, and than a busy machine adds to that."""


@pytest.fixture
def world(wired_world: World) -> World:
    return wired_world


@pytest.mark.row("M-02")
async def test_a_database_that_is_killed_under_load_keeps_what_it_acknowledged(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    row.follow(client, 2)
    async with row.load(client, rate=4):
        for _ in range(KNOBS.times(1)):
            await asyncio.sleep(row.dice.uniform(1, 2))
            async with fault(row, "away", "database"), dead(parts.store):
                pass
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.row("M-04")
async def test_writes_whose_answers_were_lost_take_place_once(row: Row, parts: WiredParts) -> None:
    client = await row.client()
    times, before = KNOBS.times(15), parts.database.lost
    async with row.load(client, rate=4):
        async with fault(row, "lost_answers", "database"):
            parts.database.lose_answer_to(b"\x02insert\x00", b"\x02update\x00", times=times)
            await eventually(lambda: parts.database.lost - before >= times, within=60)
            parts.heal()
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("M-05")
async def test_a_storm_on_one_account_is_admitted_exactly_to_its_limit(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client("tight", Wish(steps=(1,), cancelled=0))
    for _ in range(KNOBS.times(200)):
        client.ask()
    verdict = await row.passes()
    assert verdict["by_account"][client.account.id]["completed"] == TIGHT
    waits = sorted(await asyncio.to_thread(_decision_seconds, parts.store.url, client.account.id))
    record(row.id, row.test, "decision_p50", round(waits[len(waits) // 2], 3), "s")
    record(row.id, row.test, "decision_p99", round(waits[len(waits) * 99 // 100], 3), "s")


@pytest.mark.whole
@pytest.mark.row("M-06")
async def test_without_its_database_nothing_is_promised_and_nothing_is_lost(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client, rate=2):
        await asyncio.sleep(1)
        async with fault(row, "away", "database"), away(parts.store):
            await eventually(partial(refuses, client, "/v1/jobs", GONE), every=0.5)
            await eventually(partial(refuses, client, "/v1/images/generations", GONE), every=0.5)
            await asyncio.sleep(8)
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("M-07")
async def test_a_full_disk_of_the_database_is_a_database_that_is_away(
    row: Row, parts: WiredParts
) -> None:
    client = await row.client()
    async with row.load(client, rate=2):
        await asyncio.sleep(1)
        async with fault(row, "full", "database"), full(parts.store):
            await eventually(partial(refuses, client, "/v1/jobs", GONE), every=0.5)
            await asyncio.sleep(3)
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert verdict["dead_letters"] == 0


@pytest.mark.whole
@pytest.mark.row("M-09")
@pytest.mark.parametrize("latency", [1, 2, 10])
async def test_a_slow_database_is_waited_for_so_long_and_no_sockets_pile_up(
    row: Row, parts: WiredParts, latency: float
) -> None:
    """At a second for each operation some calls end in time and some don't, at ten none does."""
    client = await row.client()
    wire, seconds = parts.database, 12.0
    before = most = wire.connections
    answers: list[tuple[int, float]] = []
    async with row.load(client, rate=1):
        async with fault(row, "latency", "database"):
            wire.to_client.latency = latency
            ends = time.monotonic() + seconds
            asking = [asyncio.create_task(_ask_until(client, ends, answers)) for _ in range(4)]
            while time.monotonic() < ends:
                await asyncio.sleep(0.2)
                most = max(most, wire.connections)
            await asyncio.gather(*asking)
            parts.heal()
        await asyncio.sleep(1)
    await row.passes()
    slowest = max(took for _, took in answers)
    for status in sorted({status for status, _ in answers}):
        record(row.id, row.test, f"answers_{status}", sum(found == status for found, _ in answers))
    record(row.id, row.test, "slowest_answer", round(slowest, 2), "s")
    record(row.id, row.test, "sockets", {"before": before, "most": most})
    statuses = {status for status, _ in answers}
    assert statuses <= ({503} if latency >= ANSWER_SECONDS else {200, 503})
    assert slowest < ANSWER_SECONDS
    assert most < before + MOST_SOCKETS


async def _ask_until(client: Client, ends: float, answers: list[tuple[int, float]]) -> None:
    """One request after the other, each as long as it takes."""
    while (began := time.monotonic()) < ends:
        answer = await client.http.get("/v1/jobs", params={"limit": 1}, timeout=60)
        answers.append((answer.status_code, time.monotonic() - began))


def _decision_seconds(url: str, account: str) -> list[float]:
    """From a job's birth to quota's decision on it."""
    with MongoClient[dict[str, Any]](url, tz_aware=True) as database:
        jobs = database["heatsink_gateway"]["jobs"].find({"state.account": account})
        born = {job["_id"]: job["state"]["created_at"] for job in jobs}
        rows = database["heatsink_quota"]["ledger"].find({"account": account})
        return [
            (row["at"] - born[row["job"]]).total_seconds()
            for row in rows
            if row["operation"] in {"reserve", "deny"} and row["job"] in born
        ]
