"""Webhooks arrive: each event once for each endpoint, signed, tried again, and never lost."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openai import InvalidWebhookSignatureError, OpenAI
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.kit.errors import Unavailable
from services.notify.core.delivery import SCHEDULE, DeliveryStatus, Outcome, again
from services.notify.core.endpoint import rotated
from services.notify.deliveries.sender import Answer, SendFailed
from services.notify.deliveries.signing import new_secret
from tests.unit.notify.fakes import ACCOUNT
from tests.unit.notify.hooks import Hooks, Post, Says

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


def answering(status: int, retry_after: str | None = None) -> Says:
    return lambda _: Answer(status, b"", retry_after)


def failing(outcome: Outcome) -> Says:
    def fail(_: Post) -> Answer:
        raise SendFailed(outcome)

    return fail


async def test_each_event_that_is_wanted_is_sent_once(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    await hooks.happens("job.queued", "job.completed")
    await hooks.fanout.account(ACCOUNT)
    await hooks.looks()
    await hooks.looks(HOUR)
    (post,) = hooks.receiver.got
    told = json.loads(post.body)
    assert (told["type"], told["data"]["sequence"]) == ("job.completed", 2)
    assert told["data"]["href"].startswith("/v1/jobs/job_")
    assert (await hooks.log(endpoint))[0].status is DeliveryStatus.DELIVERED


async def test_what_is_sent_is_verified_by_the_standards_own_library(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    await hooks.happens("job.completed")
    await hooks.looks()
    (post,) = hooks.receiver.got
    (signature,) = post.headers["webhook-signature"].split()
    moment = hooks.clock.now()
    own = Webhook(hooks.secret(endpoint))
    assert signature == own.sign(post.headers["webhook-id"], moment, post.body.decode())
    assert post.headers["webhook-timestamp"] == str(int(moment.timestamp()))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(post.body, dict(post.headers))


async def test_openais_client_unwraps_it(hooks: Hooks) -> None:
    hooks.clock.move(datetime.now(UTC) - hooks.clock.now())
    endpoint = await hooks.endpoint()
    await hooks.happens("job.completed")
    await hooks.looks()
    (post,) = hooks.receiver.got
    client = OpenAI(api_key="unused", webhook_secret=hooks.secret(endpoint))
    told: Any = client.webhooks.unwrap(post.body, dict(post.headers))
    assert told.type == "job.completed"
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.unwrap(post.body + b" ", dict(post.headers))


async def test_during_a_rotation_both_secrets_sign_and_then_the_new_one_alone(
    hooks: Hooks,
) -> None:
    endpoint = await hooks.endpoint()
    now = hooks.clock.now()
    new = hooks.sealer.seal(new_secret())
    await hooks.endpoints.change(endpoint.id, lambda known: rotated(known, new, now, HOUR))
    await hooks.happens("job.completed")
    await hooks.looks()
    hooks.clock.move(2 * HOUR)
    await hooks.happens("job.failed")
    await hooks.looks()
    first, second = (post.headers["webhook-signature"].split() for post in hooks.receiver.got)
    assert (len(first), len(second)) == (2, 1)


async def test_it_is_tried_again_by_the_schedule_under_the_same_id(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    hooks.receiver.says = answering(500)
    await hooks.happens("job.completed")
    await hooks.looks()
    for wait in SCHEDULE:
        (delivery,) = await hooks.log(endpoint)
        assert delivery.next_at is not None
        left = delivery.next_at - hooks.clock.now()
        assert wait * 0.9 <= left <= wait * 1.1
        await hooks.looks(left)
    assert len(hooks.receiver.got) == 1 + len(SCHEDULE)
    assert len({post.headers["webhook-id"] for post in hooks.receiver.got}) == 1
    (delivery,) = await hooks.log(endpoint)
    assert delivery.status is DeliveryStatus.FAILED


async def test_a_receiver_may_ask_for_patience_up_to_a_day(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    for asked, due in (("600", 600), ("1000000", 86_400)):
        hooks.receiver.says = answering(503, asked)
        await hooks.happens("job.completed")
        await hooks.looks()
        delivery = (await hooks.log(endpoint))[-1]
        assert delivery.next_at == hooks.clock.now() + timedelta(seconds=due)
        await hooks.looks(DAY)


@pytest.mark.parametrize(
    ("says", "outcome", "status"),
    [
        (answering(302), Outcome.REDIRECTED, 302),
        (answering(404), Outcome.REFUSED, 404),
        (failing(Outcome.TIMEOUT), Outcome.TIMEOUT, None),
        (failing(Outcome.BLOCKED_ADDRESS), Outcome.BLOCKED_ADDRESS, None),
        (failing(Outcome.TLS_ERROR), Outcome.TLS_ERROR, None),
    ],
)
async def test_every_attempt_is_in_the_log(
    hooks: Hooks, says: Says, outcome: Outcome, status: int | None
) -> None:
    endpoint = await hooks.endpoint()
    hooks.receiver.says = says
    await hooks.happens("job.completed")
    await hooks.looks()
    (delivery,) = await hooks.log(endpoint)
    (attempt,) = delivery.attempts
    assert (attempt.outcome, attempt.status) == (outcome, status)
    assert delivery.status is DeliveryStatus.PENDING
    assert (await hooks.seen(endpoint)).failing_since == attempt.at


async def test_gone_disables_the_endpoint_at_once(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    hooks.receiver.says = answering(410)
    await hooks.happens("job.completed")
    await hooks.looks()
    assert (await hooks.seen(endpoint)).disabled_because == "gone"
    await hooks.happens("job.failed")
    await hooks.looks(DAY)
    assert len(hooks.receiver.got) == 1


async def test_other_endpoints_are_told_that_one_is_disabled(hooks: Hooks) -> None:
    gone = await hooks.endpoint("https://gone.example/h")
    other = await hooks.endpoint("https://other.example/h", "webhook.disabled")
    hooks.receiver.says = lambda post: Answer(410 if "gone" in post.url else 200, b"")
    await hooks.happens("job.completed", "job.failed")
    await hooks.looks()
    await hooks.looks()
    (told,) = [json.loads(post.body) for post in hooks.receiver.got if post.url == other.url]
    assert told["type"] == "webhook.disabled"
    assert told["data"] == {
        "sequence": 3,
        "href": f"/v1/webhooks/{gone.id}",
        "webhook": gone.id,
        "because": "gone",
    }


async def test_five_days_of_failing_disable_it_and_one_success_begins_anew(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    hooks.receiver.says = answering(500)
    await hooks.happens("job.completed")
    await hooks.looks()
    hooks.receiver.says = answering(200)
    await hooks.looks(DAY)
    assert (await hooks.seen(endpoint)).failing_since is None
    hooks.receiver.says = answering(500)
    for _ in range(7):
        await hooks.happens("job.completed")
        await hooks.looks(DAY)
    assert (await hooks.seen(endpoint)).disabled_because == "failing"


async def test_a_sink_that_is_down_for_an_hour_gets_everything(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    hooks.receiver.says = failing(Outcome.UNREACHABLE)
    for _ in range(6):
        await hooks.happens(*["job.completed"] * 5)
        await hooks.looks(timedelta(minutes=10))
    hooks.receiver.says = answering(200)
    for _ in range(40):
        await hooks.looks(timedelta(minutes=10))
    log = await hooks.log(endpoint)
    assert len(log) == 30
    assert {delivery.status for delivery in log} == {DeliveryStatus.DELIVERED}


async def test_an_endpoint_that_keeps_failing_is_left_alone_for_a_while(hooks: Hooks) -> None:
    await hooks.endpoint()
    hooks.receiver.says = answering(500)
    await hooks.happens(*["job.completed"] * 40)
    for _ in range(4):
        await hooks.looks()
    assert 5 <= len(hooks.receiver.got) <= 8, "four at a time, until the circuit is open"


async def test_an_endpoint_that_hangs_keeps_no_other_waiting(hooks: Hooks) -> None:
    slow = await hooks.endpoint("https://slow.example/h")
    quick = await hooks.endpoint("https://quick.example/h")
    release = asyncio.Event()
    real = hooks.receiver.send

    async def send(url: str, headers: object, body: bytes) -> Answer:
        answer = await real(url, headers, body)  # type: ignore[arg-type]
        if url == slow.url:
            await release.wait()
        return answer

    hooks.receiver.send = send  # type: ignore[method-assign]
    await hooks.happens(*["job.completed"] * 300)
    for _ in range(150):
        await hooks.deliverer.look()
        for _ in range(20):
            await asyncio.sleep(0)
    urls = [post.url for post in hooks.receiver.got]
    assert (urls.count(slow.url), urls.count(quick.url)) == (4, 300)
    release.set()
    await hooks.deliverer.idle()


async def test_two_replicas_send_an_event_once(hooks: Hooks) -> None:
    await hooks.endpoint()
    other = Hooks(beside=hooks)
    await hooks.happens(*["job.completed"] * 10)
    await other.fanout.account(ACCOUNT)
    for _ in range(3):
        await asyncio.gather(hooks.looks(), other.looks())
    assert len(hooks.receiver.got) == 10


async def test_a_replica_that_dies_between_attempt_and_writing_sends_it_again(
    hooks: Hooks,
) -> None:
    endpoint = await hooks.endpoint()
    await hooks.happens("job.completed")

    def tear(_: Post) -> Answer:
        hooks.sent.fail_next(Unavailable("database", "away"))
        return Answer(200, b"")

    hooks.receiver.says = tear
    await hooks.looks()
    hooks.receiver.says = lambda _: Answer(200, b"")
    await hooks.looks(timedelta(seconds=61))
    ids = [post.headers["webhook-id"] for post in hooks.receiver.got]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert (await hooks.log(endpoint))[0].status is DeliveryStatus.DELIVERED


async def test_a_fan_out_that_was_cut_off_goes_on_where_it_was(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    hooks.sent.fail_next(Unavailable("database", "away"))
    with pytest.raises(Unavailable):
        await hooks.happens("job.completed", "job.failed")
    await hooks.fanout.account(ACCOUNT)
    assert [one.sequence for one in await hooks.log(endpoint)] == [1, 2]


async def test_an_endpoint_made_by_another_replica_misses_nothing(hooks: Hooks) -> None:
    await hooks.happens("job.completed")
    other = Hooks(beside=hooks)
    endpoint = await other.endpoint()
    await hooks.happens("job.failed")
    assert await hooks.log(endpoint) == [], "this replica remembers that there is none"
    await hooks.fanout.look()
    assert [one.type for one in await hooks.log(endpoint)] == ["job.failed"]


async def test_what_was_delivered_or_failed_is_sent_again_when_asked(hooks: Hooks) -> None:
    endpoint = await hooks.endpoint()
    await hooks.happens("job.completed")
    await hooks.looks()
    (delivery,) = await hooks.log(endpoint)
    await hooks.deliveries.change(delivery.id, lambda known: again(known, hooks.clock.now()))
    await hooks.looks()
    first, second = hooks.receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
