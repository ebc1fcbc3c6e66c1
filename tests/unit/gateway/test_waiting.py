"""Calls that wait: time-outs, retries that join, clients that hang up, a bus that is silent."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.contracts import Event
from services.kit.errors import Unavailable
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story

PATH = "/v1/images/generations"

ADMIT: Callable[[Story], Event] = Story.admitted
DONE: Callable[[Story], Event] = Story.completed


async def drawn(house: House, who: Tenant) -> httpx2.Response:
    async with house.answering(ADMIT, DONE):
        return await who.post(PATH, {"prompt": "a red fox"})


def error(response: httpx2.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


async def timed_out(house: House, who: Tenant) -> httpx2.Response:
    task = asyncio.create_task(who.post(PATH, {"prompt": "a red fox"}))
    async with asyncio.timeout(5):
        while not task.done():
            await house.clock.advance(timedelta(seconds=5))
    return await task


async def test_a_wait_that_takes_too_long_names_the_job_which_goes_on(
    house: House, ada: Tenant
) -> None:
    response = await timed_out(house, ada)
    assert response.status_code == 504
    told = error(response)
    assert told["code"] == "render_timeout"
    assert told["job_status"] == "submitted"
    job = await ada.get(f"/v1/jobs/{told['job']}")
    assert job.json()["cancel_requested"] is False


async def test_a_retry_after_a_time_out_joins_the_job_that_was_made(
    house: House, ada: Tenant
) -> None:
    await timed_out(house, ada)
    task = asyncio.create_task(
        ada.post(PATH, {"prompt": "a red fox"}, headers={"x-stainless-retry-count": "1"})
    )
    (asked,) = house.requested
    story = Story(asked.job, asked.account)
    await house.blobs.put(story.completed().images[0].blob, PNG, media_type="image/png")
    house.hear(story.admitted(), story.completed())
    response = await task
    assert response.status_code == 200
    assert response.headers["idempotent-replayed"] == "true"
    assert len(house.requested) == 1


@pytest.mark.parametrize("count", ["0", "x", "-1", ""])
async def test_the_same_request_without_a_retry_count_is_another_one(
    house: House, ada: Tenant, count: str
) -> None:
    await drawn(house, ada)
    async with house.answering(ADMIT, DONE):
        await ada.post(PATH, {"prompt": "a red fox"}, headers={"x-stainless-retry-count": count})
    assert len(house.requested) == 2


async def test_a_retry_of_something_else_or_by_another_key_or_much_later_does_not_join(
    house: House, ada: Tenant
) -> None:
    again = {"x-stainless-retry-count": "2"}
    other = await house.open()
    await drawn(house, ada)
    async with house.answering(ADMIT, DONE):
        await ada.post(PATH, {"prompt": "a blue fox"}, headers=again)
        await other.post(PATH, {"prompt": "a red fox"}, headers=again)
        house.clock.move(timedelta(minutes=16))
        await ada.post(PATH, {"prompt": "a red fox"}, headers=again)
    assert len(house.requested) == 4


async def test_a_retry_after_a_refusal_asks_anew(house: House, ada: Tenant) -> None:
    async with house.answering(Story.rejected):
        await ada.post(PATH, {"prompt": "a red fox"})
        await ada.post(PATH, {"prompt": "a red fox"}, headers={"x-stainless-retry-count": "1"})
    assert len(house.requested) == 2


async def test_the_wait_survives_a_silent_bus_by_looking_at_the_database(
    house: House, ada: Tenant
) -> None:
    task = asyncio.create_task(ada.post(PATH, {"prompt": "a red fox"}))
    await house.until(lambda: bool(house.requested))
    story = Story(house.requested[0].job, ada.account)
    await house.blobs.put(story.completed().images[0].blob, PNG, media_type="image/png")
    await house.project(story.admitted(), story.completed())
    house.job_documents.fail_next(Unavailable("database"))
    async with asyncio.timeout(5):
        while not task.done():
            await house.clock.advance(timedelta(seconds=5))
    assert (await task).status_code == 200


@pytest.mark.parametrize("path", [PATH, "/v1/jobs"])
async def test_a_client_that_hangs_up_is_no_longer_waited_for(
    house: House, ada: Tenant, path: str
) -> None:
    hung_up, sent = asyncio.Event(), list[Any]()
    bodies = [{"type": "http.request", "body": b'{"prompt": "fox"}', "more_body": False}]

    async def receive() -> Any:
        if bodies:
            return bodies.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {ada.plain}".encode()),
            (b"content-type", b"application/json"),
            (b"prefer", b"wait=60"),
        ],
    }
    call = asyncio.ensure_future(house.guard(scope, receive, send))
    await house.until(lambda: bool(house.requested))
    hung_up.set()
    async with asyncio.timeout(5):
        await call
    assert sent[0]["status"] == 499
    assert house.waiters._watches == {}
    assert (await ada.get(f"/v1/jobs/{house.requested[0].job}")).json()["status"] == "submitted"
