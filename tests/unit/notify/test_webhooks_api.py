"""Webhooks over HTTP: endpoints of an account's own, proven by a challenge."""

import json
from datetime import timedelta
from typing import Any

import pytest

from services.contracts import AccountId
from services.contracts.events import Scope
from services.notify.deliveries.sender import Answer
from tests.unit.notify.fakes import ACCOUNT, NOW
from tests.unit.notify.house import House

URL = "https://a.example/h"


async def made(house: House, key: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await house.client.post("/v1/webhooks", json={"url": URL} | more, headers=key)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_endpoint_is_challenged_and_its_secret_shown_once(house: House) -> None:
    key = await house.key()
    endpoint = await made(house, key)
    (post,) = house.hooks.receiver.got
    assert json.loads(post.body)["type"] == "webhook.challenge"
    assert endpoint["secret"].startswith("whsec_")
    shown = (await house.client.get(f"/v1/webhooks/{endpoint['id']}", headers=key)).json()
    assert (shown["status"], "secret" in shown) == ("enabled", False)
    assert shown["types"] == ["job.completed", "job.failed", "job.cancelled", "job.rejected"]


@pytest.mark.parametrize(
    "answer", [Answer(200, b"hello"), Answer(404, b""), Answer(302, b"")], ids=str
)
async def test_who_does_not_answer_the_challenge_gets_no_events(
    house: House, answer: Answer
) -> None:
    house.hooks.receiver.says = lambda _: answer
    refused = await house.client.post("/v1/webhooks", json={"url": URL}, headers=await house.key())
    assert (refused.status_code, refused.json()["code"]) == (422, "webhook_not_verified")
    assert await house.hooks.endpoints.of(ACCOUNT) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://a.example/h", "webhook_url_scheme"),
        ("https://user@a.example/h", "webhook_url_invalid"),
        ("https://127.0.0.1/h", "webhook_address_not_public"),
        ("https://a.example:22/h", "webhook_port_not_allowed"),
    ],
)
async def test_a_bad_address_is_refused_before_anybody_is_asked(
    house: House, url: str, code: str
) -> None:
    refused = await house.client.post("/v1/webhooks", json={"url": url}, headers=await house.key())
    told = refused.json()
    assert (refused.status_code, told["code"], told["errors"][0]["pointer"]) == (422, code, "#/url")
    assert house.hooks.receiver.got == []


@pytest.mark.parametrize(
    "body",
    [{}, {"url": URL, "types": []}, {"url": URL, "types": ["job.progressed"]}, {"url": 3},
     {"url": URL, "secret": "mine"}],
)  # fmt: skip
async def test_a_bad_body_is_refused(house: House, body: dict[str, Any]) -> None:
    refused = await house.client.post("/v1/webhooks", json=body, headers=await house.key())
    assert refused.status_code == 422


async def test_deliveries_are_listed_newest_first_and_sent_again(house: House) -> None:
    key = await house.key()
    endpoint = await made(house, key)
    own = f"/v1/webhooks/{endpoint['id']}"
    await house.hooks.happens("job.completed", "job.queued", "job.failed")
    await house.hooks.looks()
    first = (await house.client.get(f"{own}/deliveries?limit=1", headers=key)).json()
    assert [(one["type"], one["status"]) for one in first["data"]] == [("job.failed", "delivered")]
    rest = (
        await house.client.get(f"{own}/deliveries?before={first['next_before']}", headers=key)
    ).json()
    assert [one["type"] for one in rest["data"]] == ["job.completed"]

    for body in ({"ids": [rest["data"][0]["id"]]}, {"since": 3}, {"since": 1, "status": "failed"}):
        await house.client.post(f"{own}/redeliver", json=body, headers=key)
        await house.hooks.looks()
    assert [json.loads(post.body)["type"] for post in house.hooks.receiver.got[1:]] == [
        "job.completed",
        "job.failed",
        "job.completed",
        "job.failed",
    ]


async def test_a_disabled_endpoint_hears_nothing_until_it_is_enabled(house: House) -> None:
    key = await house.key()
    endpoint = await made(house, key)
    own = f"/v1/webhooks/{endpoint['id']}"
    told = (await house.client.patch(own, json={"enabled": False}, headers=key)).json()
    assert (told["status"], told["disabled_because"]) == ("disabled", "asked")
    await house.hooks.happens("job.completed")
    told = (await house.client.patch(own, json={"enabled": True}, headers=key)).json()
    assert told["status"] == "enabled"
    await house.hooks.happens("job.failed")
    await house.hooks.looks()
    assert [json.loads(post.body)["type"] for post in house.hooks.receiver.got[1:]] == [
        "job.failed"
    ]


async def test_a_new_secret_is_shown_once_and_signs_beside_the_old_one(house: House) -> None:
    key = await house.key()
    endpoint = await made(house, key)
    own = f"/v1/webhooks/{endpoint['id']}"
    rotated = (await house.client.post(f"{own}/rotate", json={}, headers=key)).json()
    assert rotated["secret"] != endpoint["secret"]
    await house.hooks.happens("job.completed")
    await house.hooks.looks()
    assert len(house.hooks.receiver.got[-1].headers["webhook-signature"].split()) == 2


async def test_a_removed_endpoint_takes_its_log_along(house: House) -> None:
    key = await house.key()
    endpoint = await made(house, key)
    await house.hooks.happens("job.completed")
    gone = await house.client.delete(f"/v1/webhooks/{endpoint['id']}", headers=key)
    assert gone.status_code == 204
    assert await house.hooks.sent.count() == 0
    await house.hooks.happens("job.failed")
    await house.hooks.looks()
    assert len(house.hooks.receiver.got) == 1


async def test_endpoints_are_seen_by_their_account_alone(house: House) -> None:
    endpoint = await made(house, await house.key())
    eve = await house.key(AccountId.new(NOW))
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries")):
        url = f"/v1/webhooks/{endpoint['id']}{path}"
        assert (await house.client.request(method, url, headers=eve)).status_code == 404
    assert (await house.client.get("/v1/webhooks", headers=eve)).json()["data"] == []
    assert (await house.client.get("/v1/webhooks/whe_1", headers=eve)).status_code == 404


async def test_a_key_that_only_reads_adds_none(house: House) -> None:
    reader = await house.key(scopes=(Scope.JOBS_READ,))
    answer = await house.client.post("/v1/webhooks", json={"url": URL}, headers=reader)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert (await house.client.post("/v1/webhooks", json={"url": URL})).status_code == 401


async def test_an_account_has_so_many_endpoints(house: House) -> None:
    key = await house.key()
    for _ in range(20):
        await made(house, key)
    answer = await house.client.post("/v1/webhooks", json={"url": URL}, headers=key)
    assert answer.status_code == 429


async def test_a_ticket_opens_one_stream_without_a_key(house: House) -> None:
    key = await house.key()
    made = (await house.client.post("/v1/stream-tickets", headers=key)).json()
    url = f"/v1/events?ticket={made['ticket']}&last_event_id=nothing"
    first, second = await house.client.get(url), await house.client.get(url)
    assert (first.status_code, first.json()["code"]) == (400, "bad_request"), "it came so far"
    assert (second.status_code, second.json()["code"]) == (401, "ticket_used")


async def test_a_ticket_has_half_a_minute(house: House) -> None:
    key = await house.key()
    made = (await house.client.post("/v1/stream-tickets", headers=key)).json()
    house.hooks.clock.move(timedelta(seconds=30))
    late = await house.client.get(f"/v1/events?ticket={made['ticket']}")
    assert (late.status_code, late.json()["code"]) == (401, "invalid_token")
    made_up = await house.client.get("/v1/events?ticket=made-up")
    assert made_up.json()["code"] == "invalid_token"


async def test_tickets_are_for_keys_that_read(house: House) -> None:
    writer = await house.key(scopes=(Scope.JOBS_WRITE,))
    assert (await house.client.post("/v1/stream-tickets", headers=writer)).status_code == 403
    assert (await house.client.post("/v1/stream-tickets")).status_code == 401


async def test_nobody_has_us_knock_at_strangers_doors_for_ever(house: House) -> None:
    key = await house.key()
    house.hooks.receiver.says = lambda _: Answer(404, b"")
    for _ in range(30):
        await house.client.post("/v1/webhooks", json={"url": URL}, headers=key)
    answer = await house.client.post("/v1/webhooks", json={"url": URL}, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert len(house.hooks.receiver.got) == 30
