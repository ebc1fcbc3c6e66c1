"""Gateway while its database is slow or away: answers in time, and no crowd in front of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest

from tests.waiting import eventually
from tests.wire import Wire

pytestmark = pytest.mark.slow

FOX = {"prompt": "a fox"}
BUDGET = 2.5
SLACK = 4.0
"""For a machine that many share."""


@pytest.fixture(autouse=True)
def healed(wire: Wire) -> Iterator[None]:
    yield
    wire.heal()


async def asked(client: httpx2.AsyncClient, path: str) -> tuple[httpx2.Response, float]:
    began = time.monotonic()
    answer = await client.post(path, json=FOX) if path in POSTS else await client.get(path)
    return answer, time.monotonic() - began


POSTS = ("/v1/jobs", "/v1/images/generations")


async def is_accepted(client: httpx2.AsyncClient) -> bool:
    return (await client.post("/v1/jobs", json=FOX)).status_code == 202


async def test_a_slow_database_makes_refusals_in_time_and_no_pile_of_sockets(
    client: httpx2.AsyncClient, wire: Wire
) -> None:
    assert await is_accepted(client)
    wire.to_client.latency = 3.0
    calls = [asyncio.create_task(asked(client, "/v1/jobs")) for _ in range(40)]
    most = 0
    while not all(call.done() for call in calls):
        most = max(most, wire.connections)
        await asyncio.sleep(0.05)
    answers = [call.result() for call in calls]
    assert Counter(answer.status_code for answer, _ in answers) == {503: 40}
    assert {answer.json()["code"] for answer, _ in answers} == {"storage_unavailable"}
    assert max(seconds for _, seconds in answers) < BUDGET + SLACK
    assert all(2 <= int(answer.headers["retry-after"]) <= 60 for answer, _ in answers)
    threads = 5 * 2 + 5
    assert most <= threads, "one socket for each of the driver's threads, and its own watches"
    wire.heal()
    await eventually(lambda: is_accepted(client))


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_without_a_database_all_that_needs_it_is_refused_in_time_and_all_accepted_ends(
    client: httpx2.AsyncClient, wire: Wire, how: str
) -> None:
    job = (await client.post("/v1/jobs", json=FOX)).json()["id"]
    if how == "cut":
        wire.cut()
    else:
        wire.to_client.stall()
    for path in (*POSTS, "/v1/jobs", f"/v1/jobs/{job}"):
        answer, seconds = await asked(client, path)
        assert answer.status_code == 503, path
        assert "storage_unavailable" in answer.text
        assert seconds < BUDGET + SLACK
        assert answer.headers["retry-after"]
    wire.heal()

    async def ends() -> bool:
        answer = await client.get(f"/v1/jobs/{job}")
        return answer.status_code == 200 and answer.json()["status"] == "completed"

    await eventually(ends, within=60)
    await eventually(lambda: is_accepted(client))
