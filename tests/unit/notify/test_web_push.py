"""Pushes to browsers: encrypted for each alone, and dropped with the subscription that is dead."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.documents import MemoryDocuments
from services.notify.core.delivery import DeliveryStatus, Outcome
from services.notify.core.subscription import (
    PUSH_SERVICES,
    PushKeysInvalid,
    is_push_service,
    push_keys,
)
from services.notify.deliveries.sender import Answer
from services.notify.deliveries.vapid import VAPID, Vapid, kept_key
from tests.unit.notify.browser import Browser, encoded, vapid_claims
from tests.unit.notify.fakes import JOB
from tests.unit.notify.hooks import Hooks

AUDIENCE = "https://updates.push.services.mozilla.com"


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


async def test_only_the_browser_it_is_for_can_read_it(hooks: Hooks) -> None:
    browser = Browser()
    await hooks.browser(browser)
    await hooks.happens("job.completed")
    await hooks.looks()
    (post,) = hooks.receiver.got
    told = browser.opened(post.body)
    assert (told["type"], told["data"]["job"]) == ("job.completed", JOB)
    href = f"/v1/jobs/{JOB}"
    assert told["data"] == {"sequence": 1, "href": href, "job": JOB, "status": "queued"}
    assert post.headers["content-encoding"] == "aes128gcm"
    assert JOB.encode() not in post.body
    with pytest.raises(Exception, match="Decryption error"):
        Browser().opened(post.body)


async def test_the_push_service_can_tell_who_sends(hooks: Hooks) -> None:
    browser = Browser()
    await hooks.browser(browser)
    await hooks.happens("job.completed")
    await hooks.looks()
    (post,) = hooks.receiver.got
    claims = vapid_claims(post.headers["authorization"], AUDIENCE)
    ends_in = claims["exp"] - hooks.clock.now().timestamp()
    assert 0 < ends_in <= timedelta(hours=24).total_seconds()
    assert "traceparent" not in post.headers


async def test_it_names_a_contact_where_the_operator_did(hooks: Hooks) -> None:
    kept = await kept_key(MemoryDocuments(VAPID, hooks.clock, "notify"), hooks.sealer)
    header = Vapid(kept, hooks.sealer, "mailto:ops@push.example").authorization(
        f"{AUDIENCE}/x", hooks.clock.now()
    )
    assert vapid_claims(header, AUDIENCE)["sub"] == "mailto:ops@push.example"


async def test_the_key_is_made_once_and_is_the_same_after_a_restart(hooks: Hooks) -> None:
    documents = MemoryDocuments(VAPID, hooks.clock, "notify")
    first, again = [await kept_key(documents, hooks.sealer) for _ in range(2)]
    assert first == again


async def test_newer_news_of_a_job_takes_the_place_of_older(hooks: Hooks) -> None:
    await hooks.browser(Browser(), "job.started", "job.completed")
    await hooks.happens("job.started", "job.completed")
    await hooks.looks()
    topics = {post.headers["topic"] for post in hooks.receiver.got}
    assert len(hooks.receiver.got) == 2
    assert len(topics) == 1


async def test_it_is_kept_for_a_day_and_not_tried_after_that(hooks: Hooks) -> None:
    endpoint = await hooks.browser(Browser())
    await hooks.happens("job.completed")
    hooks.receiver.says = lambda _: Answer(503, b"")
    await hooks.looks()
    await hooks.looks(timedelta(hours=1))
    first, second = (int(post.headers["ttl"]) for post in hooks.receiver.got)
    assert (first, first - second) == (24 * 3600, 3600)
    (delivery,) = await hooks.log(endpoint)
    assert delivery.expires_at - delivery.created_at == timedelta(hours=24)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_dead_is_dropped_with_what_waits_for_it(
    hooks: Hooks, status: int
) -> None:
    endpoint = await hooks.browser(Browser())
    await hooks.happens("job.completed", "job.failed")
    hooks.receiver.says = lambda _: Answer(status, b"")
    await hooks.looks()
    await hooks.looks(timedelta(hours=1))
    assert await hooks.endpoints.get(endpoint.id) is None
    assert await hooks.log(endpoint) == []


async def test_a_webhook_of_which_404_is_said_is_tried_again(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    await hooks.happens("job.completed")
    hooks.receiver.says = lambda _: Answer(404, b"")
    await hooks.looks()
    (delivery,) = await hooks.log(endpoint)
    assert delivery.status is DeliveryStatus.PENDING
    assert delivery.attempts[0].outcome is Outcome.REFUSED


async def test_a_service_that_is_busy_is_asked_later_as_it_wishes(hooks: Hooks) -> None:
    endpoint = await hooks.browser(Browser())
    await hooks.happens("job.completed")
    hooks.receiver.says = lambda _: Answer(429, b"", "120")
    await hooks.looks()
    (delivery,) = await hooks.log(endpoint)
    assert delivery.next_at == hooks.clock.now() + timedelta(seconds=120)


@pytest.mark.parametrize(
    "host",
    ["fcm.googleapis.com", "web.push.apple.com", "wns2-par02p.notify.windows.com"],
)
def test_a_host_below_a_push_service_is_one(host: str) -> None:
    assert is_push_service(host, PUSH_SERVICES)


@pytest.mark.parametrize("host", ["evilpush.apple.com.a.example", "apple.com", "xpush.apple.com"])
def test_a_name_that_only_looks_like_one_is_none(host: str) -> None:
    assert not is_push_service(host, PUSH_SERVICES)


@given(st.text(max_size=100), st.text(max_size=40))
def test_keys_are_taken_or_refused_by_name(p256dh: str, auth: str) -> None:
    with pytest.raises(PushKeysInvalid) as refused:
        push_keys(p256dh, auth)
    assert refused.value.field in {"p256dh", "auth"}


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=16, max_size=16))
def test_keys_of_the_right_form_pass_with_padding_or_without(point: bytes, auth: bytes) -> None:
    p256dh = encoded(b"\x04" + point)
    assert push_keys(p256dh, encoded(auth)) == push_keys(p256dh, encoded(auth)[:22])
    assert push_keys(p256dh + "=", encoded(auth) + "==").p256dh == p256dh + "="
