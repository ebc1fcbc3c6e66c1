"""Gateway with all that it stands on: what it promises, it has stored and published."""

import asyncio
import base64
import json
from typing import Any

import httpx2

from services.contracts.events import AccountChanged, JobCancelRequested
from tests.integration.gateway.conftest import ACCOUNTS, Customer, Replica
from tests.integration.gateway.world import PNG, World
from tests.waiting import eventually


async def status_of(client: httpx2.AsyncClient, job: str) -> str:
    return str((await client.get(f"/v1/jobs/{job}")).json()["status"])


async def test_a_prompt_goes_out_over_kafka_and_a_picture_comes_back(customer: Customer) -> None:
    response = await customer.draw("a red fox")
    assert response.status_code == 200, response.text
    body = response.json()
    assert base64.b64decode(body["data"][0]["b64_json"]) == PNG
    assert body["heatsink"]["quota"]["left"] == 2
    assert await status_of(customer.here, body["heatsink"]["job"]) == "completed"


async def test_a_refusal_comes_back_with_its_arithmetic(customer: Customer) -> None:
    response = await customer.draw("refuse me")
    assert response.status_code == 429
    error = response.json()["error"]
    assert (error["rule"], error["used"], error["limit"]) == ("window", 3, 3)
    assert 10_790 < int(response.headers["retry-after"]) <= 10_800
    assert response.headers["x-should-retry"] == "false"


async def test_the_request_says_who_asks_and_carries_the_trace(
    world: World, customer: Customer
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await customer.draw("a traced fox", headers=headers)
    [asked] = world.requests("a traced fox")
    assert (asked.account, asked.plan, asked.account_version) == (customer.account, "free", 2)
    [envelope] = [one for one in world.heard if one.data == asked]
    assert envelope.traceparent
    assert trace in envelope.traceparent


async def test_every_replica_tells_the_same(world: World, customer: Customer) -> None:
    job = (await customer.ask("wait for me")).json()["id"]
    await eventually(lambda: bool(world.requests("wait for me")))
    [asked] = world.requests("wait for me")
    await world.start(asked)
    for client in (customer.here, customer.there):

        async def shows_progress(client: httpx2.AsyncClient = client) -> bool:
            progress = (await client.get(f"/v1/jobs/{job}")).json()["progress"]
            told = {"step": 1, "steps": 2, "seconds_left": None, "preview": None}
            return bool(progress == told)

        await eventually(shows_progress)
    await world.draw(asked)
    for client in (customer.here, customer.there):

        async def is_completed(client: httpx2.AsyncClient = client) -> bool:
            return await status_of(client, job) == "completed"

        await eventually(is_completed)

    async def is_projected() -> bool:
        page = (await customer.here.get("/v1/jobs?status=completed")).json()
        return [one["id"] for one in page["data"]] == [job]

    await eventually(is_projected)


async def test_one_idempotency_key_makes_one_job_on_both_replicas(
    world: World, customer: Customer
) -> None:
    given: dict[str, Any] = {
        "json": {"prompt": "wait once"},
        "headers": {"Idempotency-Key": "k-1"},
    }
    clients = [customer.here, customer.there] * 5
    answers = await asyncio.gather(*(client.post("/v1/jobs", **given) for client in clients))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    await eventually(lambda: bool(world.requests("wait once")))
    assert len({one.job for one in world.requests("wait once")}) == 1


async def test_a_refused_job_frees_its_idempotency_key_at_once(customer: Customer) -> None:
    key = {"Idempotency-Key": "k-2"}
    refused = await customer.draw("refuse once", headers=key)
    again = await customer.draw("a green fox", headers=key)
    assert (refused.status_code, again.status_code) == (429, 200)


async def test_many_jobs_without_an_idempotency_key_are_many_jobs(customer: Customer) -> None:
    answers = await asyncio.gather(*(customer.ask("wait, many") for _ in range(10)))
    assert len({answer.json()["id"] for answer in answers}) == 10
    page = (await customer.there.get("/v1/jobs?limit=4")).json()
    rest = (await customer.there.get(f"/v1/jobs?limit=100&cursor={page['next_cursor']}")).json()
    listed = [job["id"] for job in page["data"] + rest["data"]]
    assert listed == sorted(listed, reverse=True)
    assert len(listed) == 10


async def test_a_wish_to_cancel_is_published_once(world: World, customer: Customer) -> None:
    job = (await customer.ask("wait to be cancelled")).json()["id"]
    for client in (customer.here, customer.there, customer.here):
        assert (await client.post(f"/v1/jobs/{job}/cancel")).status_code == 202

    def wishes() -> int:
        events = [one.data for one in world.heard]
        return sum(isinstance(one, JobCancelRequested) and one.job == job for one in events)

    await eventually(lambda: wishes() == 1)


async def test_a_signed_link_opens_on_every_replica(customer: Customer) -> None:
    answer = await customer.here.post(
        "/v1/images/generations", json={"prompt": "a linked fox", "response_format": "url"}
    )
    url = answer.json()["data"][0]["url"].removeprefix("http://pictures.test")
    for client in (customer.here, customer.there):
        assert (await client.get(url)).content == PNG


async def test_accounts_are_told_to_the_other_services(world: World, customer: Customer) -> None:
    def told() -> list[AccountChanged]:
        events = [one.data for one in world.heard]
        changes = [one for one in events if isinstance(one, AccountChanged)]
        return [one for one in changes if one.account == customer.account]

    await eventually(lambda: len(told()) == 2)
    assert [change.version for change in told()] == [1, 2]
    assert told()[-1].keys[0].id.removeprefix("key_") in customer.key


async def test_a_revoked_key_stops_on_the_other_replica_within_seconds(
    customer: Customer, operator: httpx2.AsyncClient
) -> None:
    assert (await customer.there.get("/v1/jobs")).status_code == 200
    key = f"key_{customer.key.split('_')[2]}"
    await operator.post(f"{ACCOUNTS}/{customer.account}/keys/{key}/revoke")
    assert (await customer.here.get("/v1/jobs")).status_code == 401

    async def is_refused() -> bool:
        return (await customer.there.get("/v1/jobs")).status_code == 401

    await eventually(is_refused, within=10)


async def test_two_accounts_without_keys_live_side_by_side(operator: httpx2.AsyncClient) -> None:
    for _ in range(2):
        answer = await operator.post(ACCOUNTS, json={"name": "Bea", "plan": "pro"})
        assert answer.status_code == 201


async def test_both_replicas_share_the_demo_keys(replicas: tuple[Replica, Replica]) -> None:
    keys = json.loads(replicas[0].keys.read_text())
    assert sorted(keys) == ["free", "operator", "plus", "pro"]
    for one in replicas:
        for key in keys.values():
            async with one.client(key) as client:
                assert (await client.get("/v1/models")).status_code == 200
