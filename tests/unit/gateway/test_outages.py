"""What gateway answers while something that it stands on is away."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.gateway.api import guarded
from services.gateway.core.acceptance import Outlook
from services.gateway.undecided import Undecided
from services.kit.errors import Unavailable
from services.kit.http import Limits
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story

IMAGES = "/v1/images/generations"
FOX = {"prompt": "a red fox"}
AGAIN = {"x-stainless-retry-count": "1"}
AWAY = Outlook(backlog=4, oldest_seconds=20, bus_away_for=20)


def told(response: httpx2.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


async def waiting(house: House, who: Tenant, **headers: str) -> "asyncio.Task[httpx2.Response]":
    """A call for a picture whose job is stored."""
    before = len(house.requested)
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    call = asyncio.create_task(who.post(IMAGES, FOX, headers=spelt))
    await house.until(lambda: len(house.requested) > before or call.done())
    return call


async def picture_of(house: House) -> Story:
    (asked,) = house.requested
    story = Story(asked.job, asked.account)
    await house.blobs.put(story.completed().images[0].blob, PNG, media_type="image/png")
    return story


async def test_a_call_for_a_picture_is_refused_at_once_while_kafka_is_away(
    house: House, ada: Tenant
) -> None:
    house.outlook = AWAY
    response = await ada.post(IMAGES, FOX)
    assert response.status_code == 503
    assert told(response)["code"] == "event_bus_unavailable"
    assert 12 <= int(response.headers["retry-after"]) <= 18
    assert response.headers["x-should-retry"] == "true"


async def test_a_refused_call_leaves_no_job_behind_that_could_be_drawn_and_charged(
    house: House, ada: Tenant
) -> None:
    house.outlook = AWAY
    for headers in ({}, AGAIN, {"idempotency-key": "k"}):
        response = await ada.post(IMAGES, FOX, headers=headers)
        assert "job" not in told(response)
    assert house.requested == []
    assert (await ada.get("/v1/jobs")).json()["data"] == []


async def test_a_short_silence_of_kafkas_is_waited_out(house: House, ada: Tenant) -> None:
    house.outlook = Outlook(bus_away_for=2.9)
    call = await waiting(house, ada)
    story = await picture_of(house)
    house.hear(story.admitted(), story.completed())
    assert (await call).status_code == 200


async def test_a_call_that_waits_when_kafka_goes_waits_on_and_gets_its_picture(
    house: House, ada: Tenant
) -> None:
    call = await waiting(house, ada)
    house.outlook = AWAY
    for _ in range(12):
        await house.clock.advance(timedelta(seconds=5))
    assert not call.done()
    house.outlook = Outlook()
    story = await picture_of(house)
    house.hear(story.admitted(), story.completed())
    assert (await call).status_code == 200


async def test_a_call_that_waited_in_vain_for_kafka_is_told_its_job(
    house: House, ada: Tenant
) -> None:
    call = await waiting(house, ada)
    house.outlook = AWAY
    async with asyncio.timeout(5):
        while not call.done():
            await house.clock.advance(timedelta(seconds=5))
    response = await call
    assert response.status_code == 503
    assert told(response)["code"] == "event_bus_unavailable"
    assert told(response)["job"] == house.requested[0].job
    assert told(response)["job_status"] == "submitted"
    assert response.headers["retry-after"]


@pytest.mark.parametrize("headers", [AGAIN, {"idempotency-key": "k"}])
async def test_a_retry_whose_job_exists_waits_for_it_though_kafka_is_away(
    house: House, ada: Tenant, headers: dict[str, str]
) -> None:
    first = await waiting(house, ada, idempotency_key="k")
    first.cancel()
    house.outlook = AWAY
    call = asyncio.create_task(ada.post(IMAGES, FOX, headers=headers))
    await house.until(lambda: bool(house.waiters._watches))
    story = await picture_of(house)
    house.hear(story.admitted(), story.completed())
    response = await call
    assert (response.status_code, response.headers["idempotent-replayed"]) == (200, "true")


async def test_a_picture_that_is_there_is_answered_while_kafka_is_away(
    house: House, ada: Tenant
) -> None:
    call = await waiting(house, ada)
    story = await picture_of(house)
    house.hear(story.admitted(), story.completed())
    await call
    house.outlook = AWAY
    response = await ada.post(IMAGES, FOX, headers=AGAIN)
    assert response.status_code == 200


async def test_jobs_are_accepted_read_and_cancelled_while_kafka_is_away(
    house: House, ada: Tenant
) -> None:
    house.outlook = AWAY
    job = await ada.draw()
    assert (await ada.get(f"/v1/jobs/{job}")).json()["status"] == "submitted"
    assert (await ada.post(f"/v1/jobs/{job}/cancel")).status_code == 202


async def test_a_job_that_would_be_waited_for_is_answered_at_once_while_kafka_is_away(
    house: House, ada: Tenant
) -> None:
    house.outlook = AWAY
    response = await ada.post("/v1/jobs", FOX, headers={"prefer": "wait=60"})
    assert (response.status_code, response.json()["status"]) == (202, "submitted")
    assert "preference-applied" not in response.headers


@pytest.mark.parametrize("outlook", [Outlook(backlog=10_000), Outlook(oldest_seconds=300)])
async def test_nothing_more_is_taken_in_when_too_much_waits_to_be_published(
    house: House, ada: Tenant, outlook: Outlook
) -> None:
    job = await ada.draw(Idempotency_Key="k")
    house.outlook = outlook
    refused = await ada.post("/v1/jobs", FOX)
    assert (refused.status_code, refused.json()["code"]) == (503, "event_bus_unavailable")
    assert 2 <= int(refused.headers["retry-after"]) <= 60
    assert (await ada.get(f"/v1/jobs/{job}")).status_code == 200
    assert (await ada.post(f"/v1/jobs/{job}/cancel")).status_code == 202
    assert await ada.draw(Idempotency_Key="k") == job


async def test_jobs_are_accepted_while_quota_is_away_until_too_many_are_undecided(
    house: House, ada: Tenant
) -> None:
    house.outlook = Outlook(undecided=9_999, undecided_for=100)
    job = await ada.draw(Idempotency_Key="k")
    house.outlook = Outlook(undecided=10_000, undecided_for=100)
    refused = await ada.post("/v1/jobs", FOX)
    assert (refused.status_code, refused.json()["code"]) == (503, "admission_unavailable")
    assert 40 <= int(refused.headers["retry-after"]) <= 60
    picture = await ada.post(IMAGES, FOX)
    assert (picture.status_code, told(picture)["code"]) == (503, "admission_unavailable")
    assert await ada.draw(Idempotency_Key="k") == job


async def test_jobs_without_a_decision_are_counted_in_the_database_up_to_the_bound(
    house: House, ada: Tenant
) -> None:
    undecided = Undecided(house.jobs, house.clock, most=2)
    jobs = [await ada.draw() for _ in range(3)]
    await undecided.look()
    assert undecided.count == 2
    for job in jobs[:2]:
        await house.project(Story(job, ada.account).admitted())
    await undecided.look()
    assert undecided.count == 1
    await house.project(Story(jobs[2], ada.account).rejected())
    await undecided.look()
    assert (undecided.count, undecided.silent_for) == (0, 0)


async def test_a_decision_that_is_heard_ends_the_silence_of_admission(
    house: House, ada: Tenant
) -> None:
    undecided = Undecided(house.jobs, house.clock, most=2)
    house.clock.move(timedelta(hours=1))
    job = await ada.draw()
    await undecided.look()
    house.clock.move(timedelta(seconds=7))
    assert undecided.silent_for == 7
    undecided.hear(house.envelope(Story(job, ada.account).admitted()))
    assert undecided.silent_for == 0


async def test_the_count_of_undecided_jobs_outlives_a_database_that_is_away(
    house: House, ada: Tenant
) -> None:
    undecided, stop = Undecided(house.jobs, house.clock, most=2), asyncio.Event()
    running = asyncio.create_task(undecided.run(stop))
    await ada.draw()
    await house.clock.advance(timedelta(seconds=1))
    assert undecided.count == 1
    house.job_documents.fail_next(Unavailable("database"))
    await house.clock.advance(timedelta(seconds=1))
    assert undecided.count == 1
    stop.set()
    await running


async def test_more_calls_than_may_wait_are_refused_before_a_job_is_made(
    house: House, ada: Tenant
) -> None:
    with contextlib.ExitStack() as others:
        for _ in range(10):
            others.enter_context(house.waits.one())
        response = await ada.post(IMAGES, FOX)
        assert (response.status_code, told(response)["code"]) == (503, "overloaded")
        assert response.headers["retry-after"]
        job = await ada.post("/v1/jobs", FOX, headers={"prefer": "wait=60"})
        assert job.status_code == 202
    assert len(house.requested) == 1


async def test_a_call_that_waited_leaves_its_seat(house: House, ada: Tenant) -> None:
    call = await waiting(house, ada)
    assert house.waits.taken == 1
    call.cancel()
    await house.until(lambda: house.waits.taken == 0)


async def test_more_requests_than_are_answered_at_once_are_told_to_come_back(
    house: House, ada: Tenant
) -> None:
    guard = guarded(house.app, Limits(), Limits(), at_once=1)
    transport = httpx2.ASGITransport(guard, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://heatsink.test") as client:
        headers = {"authorization": f"Bearer {ada.plain}"}
        first = asyncio.create_task(client.post(IMAGES, json=FOX, headers=headers))
        await house.until(lambda: bool(house.requested))
        for path, word in (("/v1/jobs", "code"), ("/v1/models", "error")):
            refused = await client.get(path, headers=headers)
            assert (refused.status_code, word in refused.json()) == (503, True)
            assert "overloaded" in refused.text
            assert refused.headers["retry-after"]
        first.cancel()
