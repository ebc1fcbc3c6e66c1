"""Gateway while Kafka is killed or frozen, and when it is back."""

import asyncio
import os
import signal
import time
from functools import partial

import httpx2
import pytest

from services.cli.parts import KafkaBroker
from tests.waiting import eventually

pytestmark = pytest.mark.slow

IMAGES = "/v1/images/generations"
SLACK = 7.0
"""For a machine that many share."""


async def draw(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post(IMAGES, json={"prompt": "a red fox"}, timeout=120)


async def until_refused(
    client: httpx2.AsyncClient, calls: list["asyncio.Task[httpx2.Response]"]
) -> float:
    """Seconds until a call is refused; those before it are added to `calls` and wait."""
    began = time.monotonic()
    while True:
        call = asyncio.create_task(draw(client))
        done, _ = await asyncio.wait({call}, timeout=1)
        if done:
            assert call.result().status_code == 503, call.result().text
            assert call.result().json()["error"]["code"] == "event_bus_unavailable"
            assert 1 <= int(call.result().headers["retry-after"]) <= 60
            return time.monotonic() - began
        calls.append(call)


async def ends(client: httpx2.AsyncClient, job: str) -> bool:
    return bool((await client.get(f"/v1/jobs/{job}")).json()["status"] == "completed")


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_pictures_are_refused_jobs_accepted_and_all_that_was_accepted_ends(
    broker: KafkaBroker, client: httpx2.AsyncClient, how: str
) -> None:
    assert (await draw(client)).status_code == 200
    calls: list[asyncio.Task[httpx2.Response]] = []
    pid = broker.pid
    assert pid
    if how == "killed":
        await broker.kill()
    else:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert await until_refused(client, calls) < 3 + SLACK
        answers = [await client.post("/v1/jobs", json={"prompt": "a fox"}) for _ in range(20)]
        assert {answer.status_code for answer in answers} == {202}
        began = time.monotonic()
        assert (await draw(client)).status_code == 503
        assert time.monotonic() - began < SLACK, "and not only after a time-out"
    finally:
        if how == "killed":
            await broker.start()
        else:
            os.kill(pid, signal.SIGCONT)
    for answer in answers:
        job = answer.json()["id"]
        await eventually(partial(ends, client, job), within=90)
    assert [(await call).status_code for call in calls] == [200] * len(calls)

    async def drawn() -> bool:
        return (await draw(client)).status_code == 200

    await eventually(drawn)
