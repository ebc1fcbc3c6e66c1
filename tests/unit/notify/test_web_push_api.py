"""Browsers subscribe over HTTP, by what their own `PushSubscription` says of itself."""

from typing import Any

import pytest

from services.contracts import AccountId
from services.contracts.events import Scope
from tests.unit.notify.browser import Browser, encoded
from tests.unit.notify.fakes import NOW
from tests.unit.notify.house import House

PATH = "/v1/push-subscriptions"


async def subscribed(house: House, key: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await house.client.post(PATH, json=Browser().subscription() | more, headers=key)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def listed(house: House, key: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.client.get(PATH, headers=key)).json()["data"]
    return found


async def test_a_page_is_told_the_key_that_it_subscribes_with(house: House) -> None:
    answer = await house.client.get("/v1/push-key", headers=await house.key())
    assert answer.json()["public_key"] == house.hooks.vapid.public_key


async def test_a_browser_that_subscribes_hears_what_comes(house: House) -> None:
    browser, key = Browser(), await house.key()
    await subscribed(house, key, **browser.subscription())
    await house.hooks.happens("job.queued", "job.completed")
    await house.hooks.looks()
    (post,) = house.hooks.receiver.got
    assert post.url == browser.endpoint
    assert browser.opened(post.body)["type"] == "job.completed"


async def test_a_page_that_subscribes_at_each_visit_is_one_subscription(house: House) -> None:
    key, browser = await house.key(), Browser()
    first = await subscribed(house, key)
    again = await subscribed(house, key, keys=browser.subscription()["keys"], types=["job.failed"])
    assert first["id"] == again["id"]
    assert await listed(house, key) == [again]
    await house.hooks.happens("job.failed")
    await house.hooks.looks()
    (post,) = house.hooks.receiver.got
    assert browser.opened(post.body)["type"] == "job.failed", "by the keys of the last visit"


async def test_webhooks_and_browsers_are_told_apart(house: House) -> None:
    key = await house.key()
    made = await subscribed(house, key)
    assert (await house.client.get("/v1/webhooks", headers=key)).json()["data"] == []
    assert (await house.client.get(f"/v1/webhooks/{made['id']}", headers=key)).status_code == 404


async def test_a_browser_that_leaves_is_forgotten(house: House) -> None:
    key = await house.key()
    made = await subscribed(house, key)
    assert (await house.client.delete(f"{PATH}/{made['id']}", headers=key)).status_code == 204
    assert await listed(house, key) == []
    await house.hooks.happens("job.completed")
    await house.hooks.looks()
    assert house.hooks.receiver.got == []


async def test_another_account_neither_sees_nor_removes_it(house: House) -> None:
    made = await subscribed(house, await house.key())
    stranger = await house.key(AccountId.new(NOW))
    assert await listed(house, stranger) == []
    gone = await house.client.delete(f"{PATH}/{made['id']}", headers=stranger)
    assert gone.status_code == 404


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://a.example/push",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.a.example/x",
        "https://fcm.googleapis.com:8443/x",
        "https://someone@fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "not an address",
    ],
)
async def test_only_push_services_are_sent_to(house: House, endpoint: str) -> None:
    refused = await house.client.post(
        PATH,
        json=Browser().subscription() | {"endpoint": endpoint},
        headers=await house.key(),
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "push_endpoint_not_allowed")
    assert refused.json()["errors"][0]["pointer"] == "#/endpoint"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p256dh", encoded(b"\x04" + bytes(64))),
        ("p256dh", encoded(b"\x02" + bytes(32))),
        ("p256dh", "%%%"),
        ("auth", encoded(bytes(15))),
        ("auth", ""),
    ],
)
async def test_keys_that_are_none_are_refused_by_name(house: House, field: str, value: str) -> None:
    sent = Browser().subscription()
    sent["keys"] = {**sent["keys"], field: value}
    refused = await house.client.post(PATH, json=sent, headers=await house.key())
    assert (refused.status_code, refused.json()["code"]) == (422, "push_keys_invalid")
    assert refused.json()["errors"][0]["pointer"] == f"#/keys/{field}"


async def test_an_account_has_so_many_browsers_and_no_more(house: House) -> None:
    key = await house.key()
    for number in range(20):
        await subscribed(house, key, endpoint=f"https://fcm.googleapis.com/{number}")
    full = await house.client.post(PATH, json=Browser().subscription(), headers=key)
    assert full.status_code == 429
    await subscribed(house, key, endpoint="https://fcm.googleapis.com/7")


async def test_to_subscribe_takes_a_key_that_may_write(house: House) -> None:
    key = await house.key(scopes=(Scope.JOBS_READ,))
    refused = await house.client.post(PATH, json=Browser().subscription(), headers=key)
    assert refused.json()["code"] == "insufficient_scope"
