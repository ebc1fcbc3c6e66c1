"""Asking for jobs: once by idempotency key, and with patience by `Prefer: wait`."""

import asyncio
from datetime import timedelta

import pytest

from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import Story


async def test_the_same_idempotency_key_makes_one_job(house: House, ada: Tenant) -> None:
    key = {"Idempotency-Key": "k"}
    first = await ada.post("/v1/jobs", {"prompt": "fox", "n": 1}, headers=key)
    second = await ada.post("/v1/jobs", {"n": 1, "prompt": "fox"}, headers=key)
    assert first.json() == second.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(house.requested) == 1


async def test_the_same_idempotency_key_with_another_body_is_refused(
    house: House, ada: Tenant
) -> None:
    key = {"Idempotency-Key": "k"}
    await ada.post("/v1/jobs", {"prompt": "fox"}, headers=key)
    response = await ada.post("/v1/jobs", {"prompt": "dog"}, headers=key)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert len(house.requested) == 1


async def test_two_accounts_may_use_the_same_idempotency_key(house: House, ada: Tenant) -> None:
    key = {"Idempotency-Key": "k"}
    eve = await house.open()
    first = await ada.post("/v1/jobs", {"prompt": "fox"}, headers=key)
    second = await eve.post("/v1/jobs", {"prompt": "fox"}, headers=key)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize("stored", [True, False], ids=["projected", "only heard"])
async def test_a_rejected_job_frees_its_idempotency_key(
    house: House, ada: Tenant, stored: bool
) -> None:
    key = {"Idempotency-Key": "k"}
    first = (await ada.post("/v1/jobs", {"prompt": "fox"}, headers=key)).json()
    rejection = Story(first["id"], ada.account).rejected()
    house.hear(rejection)
    if stored:
        await house.project(rejection)
    second = await ada.post("/v1/jobs", {"prompt": "dog"}, headers=key)
    assert second.status_code == 202
    assert second.json()["id"] != first["id"]
    assert (await ada.get(f"/v1/jobs/{first['id']}")).json()["status"] == "rejected"


async def test_two_calls_with_one_idempotency_key_at_once_make_one_job(
    house: House, ada: Tenant
) -> None:
    key = {"Idempotency-Key": "k"}
    calls = (ada.post("/v1/jobs", {"prompt": "fox"}, headers=key) for _ in range(4))
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(house.requested) == 1


async def test_prefer_wait_answers_with_the_end(house: House, ada: Tenant) -> None:
    async with house.answering(Story.admitted, Story.completed):
        headers = {"Prefer": "respond-async, wait=10"}
        response = await ada.post("/v1/jobs", {"prompt": "fox"}, headers=headers)
    assert (response.status_code, response.json()["status"]) == (200, "completed")
    assert response.headers["preference-applied"] == "wait=10"


async def test_prefer_wait_answers_after_its_time(house: House, ada: Tenant) -> None:
    task = asyncio.create_task(
        ada.post("/v1/jobs", {"prompt": "fox"}, headers={"Prefer": "wait=3"})
    )
    await house.until(lambda: bool(house.requested))
    async with asyncio.timeout(5):
        while not task.done():
            await house.clock.advance(timedelta(seconds=1))
    response = await task
    assert (response.status_code, response.json()["status"]) == (202, "submitted")


async def test_prefer_wait_tells_a_refusal_as_one(house: House, ada: Tenant) -> None:
    async with house.answering(Story.rejected):
        response = await ada.post("/v1/jobs", {"prompt": "fox"}, headers={"Prefer": "wait=10"})
    assert response.status_code == 429
    problem = response.json()
    assert (problem["code"], problem["rule"], problem["used"]) == ("quota_exhausted", "window", 3)
    assert problem["job"] == house.requested[0].job
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "3600"


@pytest.mark.parametrize("prefer", ["wait=soon", "wait=-1", "handling=strict", ""])
async def test_other_preferences_are_passed_over(ada: Tenant, prefer: str) -> None:
    response = await ada.post("/v1/jobs", {"prompt": "fox"}, headers={"Prefer": prefer})
    assert response.status_code == 202
    assert "preference-applied" not in response.headers
