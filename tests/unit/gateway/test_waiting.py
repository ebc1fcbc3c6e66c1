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


class HangingUp:
    """A client that asks and hangs up once its job is there; `sent` is what it would have heard."""

    def __init__(self, who: Tenant, path: str, prefer: str, *more: tuple[bytes, bytes]) -> None:
        self.sent: list[Any] = []
        self._hung_up = asyncio.Event()
        self._bodies = [{"type": "http.request", "body": b'{"prompt": "fox"}', "more_body": False}]
        self._scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [
                (b"authorization", f"Bearer {who.plain}".encode()),
                (b"content-type", b"application/json"),
                (b"prefer", prefer.encode()),
                *more,
            ],
        }

    async def ask(self, house: House, jobs: int = 1) -> None:
        call = asyncio.ensure_future(house.guard(self._scope, self._receive, self._send))
        await house.until(lambda: len(house.requested) == jobs and bool(house.waiters._watches))
        self._hung_up.set()
        async with asyncio.timeout(5):
            await call

    async def _receive(self) -> Any:
        if self._bodies:
            return self._bodies.pop()
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize("path", [PATH, "/v1/jobs"])
async def test_a_client_that_hangs_up_is_no_longer_waited_for_and_its_job_goes_on(
    house: House, ada: Tenant, path: str
) -> None:
    client = HangingUp(ada, path, "wait=60")
    await client.ask(house)
    assert client.sent[0]["status"] == 499
    assert house.waiters._watches == {}
    job = (await ada.get(f"/v1/jobs/{house.requested[0].job}")).json()
    assert (job["status"], job["cancel_requested"]) == ("submitted", False)


@pytest.mark.parametrize("path", [PATH, "/v1/jobs"])
async def test_a_client_that_hangs_up_cancels_if_it_said_so(
    house: House, ada: Tenant, path: str
) -> None:
    client = HangingUp(ada, path, "wait=60, Cancel-On-Disconnect")
    await client.ask(house)
    assert client.sent[0]["status"] == 499
    job = (await ada.get(f"/v1/jobs/{house.requested[0].job}")).json()
    assert job["cancel_requested"] is True


async def test_a_retry_that_hangs_up_does_not_cancel_what_the_first_call_made(
    house: House, ada: Tenant
) -> None:
    same = (b"idempotency-key", b"fox")
    await HangingUp(ada, PATH, "", same).ask(house)
    await HangingUp(ada, PATH, "cancel-on-disconnect", same).ask(house)
    job = (await ada.get(f"/v1/jobs/{house.requested[0].job}")).json()
    assert job["cancel_requested"] is False
