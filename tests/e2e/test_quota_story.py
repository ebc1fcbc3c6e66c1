"""Three images a day: what the fourth request is told, and what gives a unit back."""

import openai
import pytest
from openai import AsyncOpenAI

from services.cli.api import Api
from services.cli.problems import Refusal
from services.cli.up import System
from tests.e2e.conftest import NewCustomer
from tests.waiting import eventually

SMALL = {"prompt": "a key", "steps": 2}


async def ended(api: Api, job: str) -> dict[str, object]:
    body: dict[str, object] = {}

    async def has_ended() -> bool:
        nonlocal body
        body = await api.get(f"/v1/jobs/{job}")
        return body["status"] in {"completed", "rejected", "failed", "cancelled"}

    await eventually(has_ended, within=60)
    return body


async def left(api: Api) -> int:
    found = (await api.get("/v1/limits"))["left"]
    assert isinstance(found, int)
    return found


async def test_the_fourth_image_of_a_day_is_refused_and_everything_is_said(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("free")
    for _ in range(3):
        job = await someone.api.post("/v1/jobs", SMALL)
        assert (await ended(someone.api, job["id"]))["status"] == "completed"
    fourth = await someone.api.post("/v1/jobs", SMALL)
    refused = await ended(someone.api, fourth["id"])
    assert refused["status"] == "rejected"
    rejection = refused["rejection"]
    assert isinstance(rejection, dict)
    assert (rejection["rule"], rejection["used"], rejection["limit"]) == ("window", 3, 3)
    assert rejection["resets_at"]
    assert rejection["retry_at"]

    async with AsyncOpenAI(base_url=f"{system.url}/v1", api_key=someone.key) as api:
        with pytest.raises(openai.RateLimitError) as caught:
            await api.images.generate(model="ember", prompt="a key")
    body, headers = caught.value.body, caught.value.response.headers
    assert isinstance(body, dict)
    assert (body["rule"], body["used"], body["limit"]) == ("window", 3, 3)
    assert body["resets_at"]
    assert 86_000 < int(headers["retry-after"]) <= 86_400
    assert headers["x-should-retry"] == "false"
    assert headers["x-ratelimit-remaining-images"] == "0"
    assert (caught.value.code, body["problem"]) == ("rate_limit_exceeded", "quota_exhausted")


async def test_more_than_the_plan_ever_gives_is_refused_at_once(customer: NewCustomer) -> None:
    someone = await customer("free")
    job = await someone.api.post("/v1/jobs", {**SMALL, "n": 4})
    refused = await ended(someone.api, job["id"])
    assert refused["rejection"]["rule"] == "request_too_large"  # type: ignore[index]  # a body


async def test_a_cancelled_job_gives_its_unit_back(customer: NewCustomer) -> None:
    someone = await customer("free")
    job = await someone.api.post("/v1/jobs", {"prompt": "a slow key", "steps": 50, "n": 3})
    await eventually(lambda: is_left(someone.api, 0))
    await someone.api.post(f"/v1/jobs/{job['id']}/cancel")
    assert (await ended(someone.api, job["id"]))["status"] == "cancelled"
    await eventually(lambda: is_left(someone.api, 3))


async def is_left(api: Api, count: int) -> bool:
    return await left(api) == count


async def test_the_same_idempotency_key_is_the_same_job(customer: NewCustomer) -> None:
    someone = await customer("free")
    first = await someone.api.post("/v1/jobs", SMALL, once="order-1")
    again = await someone.api.post("/v1/jobs", SMALL, once="order-1")
    assert again["id"] == first["id"]
    with pytest.raises(Refusal) as caught:
        await someone.api.post("/v1/jobs", {**SMALL, "n": 2}, once="order-1")
    assert caught.value.body["code"] == "idempotency_key_reused"
    await ended(someone.api, first["id"])
    assert await left(someone.api) == 2


async def test_nobody_sees_another_accounts_job(customer: NewCustomer) -> None:
    someone, stranger = await customer("free"), await customer("free")
    job = await someone.api.post("/v1/jobs", SMALL)
    for act in (
        stranger.api.get(f"/v1/jobs/{job['id']}"),
        stranger.api.post(f"/v1/jobs/{job['id']}/cancel"),
    ):
        with pytest.raises(Refusal) as caught:
            await act
        assert caught.value.status == 404
    assert (await stranger.api.get("/v1/jobs"))["data"] == []
