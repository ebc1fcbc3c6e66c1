"""notify on real Kafka and a real database: what is published arrives, once and in order."""

import httpx2
import pytest

from services.contracts import AccountId, Envelope, EventId
from services.contracts.events import (
    AccountStatus,
    JobCancelled,
    JobProgressed,
)
from services.kit.keys import new_key
from tests.integration.notify.listening import Running, answered, make_account
from tests.integration.running_notify import CLOCK


async def test_what_is_published_arrives_in_order_and_a_client_that_returns_misses_nothing(
    notify: Running,
) -> None:
    first, second, third = notify.queued(), notify.queued(), notify.queued()
    async with notify.events(last=0) as reader:
        await notify.publish(first, second)
        told = await reader.take(2)
    assert [event["id"] for event in told] == ["1", "2"]
    assert [event["job"] for event in told] == [first.job, second.job]
    await notify.publish(third)
    async with notify.events(last=1) as reader:
        assert [event["job"] for event in await reader.take(2)] == [second.job, third.job]


async def test_an_event_that_kafka_delivers_twice_is_told_once(notify: Running) -> None:
    event = notify.queued()
    envelope = Envelope(EventId.new(CLOCK.now()), "test", event)
    await notify.producer.publish([envelope, envelope])
    end = JobCancelled(at=CLOCK.now(), account=notify.account, job=event.job)
    await notify.publish(end)
    async with notify.events(last=0) as reader:
        told = await reader.take(2)
    assert [event["type"] for event in told] == ["job.queued", "job.cancelled"]


async def test_a_stream_of_one_job_begins_with_its_first_news_and_ends_with_it(
    notify: Running,
) -> None:
    mine, other = notify.queued(), notify.queued()
    await notify.publish(other, mine)
    async with notify.events(last=0) as reader:
        await reader.take(2)
    end = JobCancelled(at=CLOCK.now(), account=notify.account, job=mine.job)
    async with notify.events(job=mine.job) as reader:
        await notify.publish(end)
        told = await reader.take(2)
        with pytest.raises(AssertionError, match="the stream ended"):
            await reader.next()
    assert [event["type"] for event in told] == ["job.queued", "job.cancelled"]
    async with notify.events(job=mine.job, last=int(told[-1]["id"])) as reader:
        assert reader.response.status_code == 204


async def test_progress_reaches_those_who_listen_and_is_not_kept(notify: Running) -> None:
    job = notify.queued().job
    progress = JobProgressed(
        at=CLOCK.now(), account=notify.account, job=job, attempt=1, step=3, steps=20
    )
    async with notify.events() as reader:
        await notify.publish(progress)
        told = await reader.next()
    assert (told["type"], told["step"], told["id"]) == ("job.progressed", 3, None)


async def test_nobody_hears_another_accounts_news(notify: Running) -> None:
    stranger = Running(notify.url, notify.producer, AccountId.new(CLOCK.now()), new_key())
    await make_account(stranger)
    mine, theirs = notify.queued(), stranger.queued()
    async with notify.events(last=0) as reader, stranger.events(last=0) as other:
        await notify.publish(mine, theirs)
        assert (await reader.next())["job"] == mine.job
        assert (await other.next())["job"] == theirs.job


async def test_a_key_that_is_wrong_unknown_or_missing_opens_nothing(notify: Running) -> None:
    good = notify.key.plain
    assert await answered(notify, new_key().plain) == 401
    assert await answered(notify, good[:-1] + ("A" if good[-1] != "A" else "B")) == 401
    async with httpx2.AsyncClient() as client:
        bare = await client.get(f"{notify.url}/v1/events")
        in_url = await client.get(f"{notify.url}/v1/events", params={"api_key": good})
    assert (bare.status_code, bare.json()["code"]) == (401, "authentication_required")
    assert (in_url.status_code, in_url.json()["code"]) == (400, "credentials_in_url")


async def test_a_suspended_account_is_refused_as_soon_as_it_is_told(notify: Running) -> None:
    await make_account(notify, version=2, status=AccountStatus.SUSPENDED)
    assert await answered(notify) == 403


async def test_a_position_that_was_never_given_out_is_answered_by_a_reset(
    notify: Running,
) -> None:
    event = notify.queued()
    await notify.publish(event)
    async with notify.events(last=0) as reader:
        await reader.next()
    async with notify.events(last=4711) as reader:
        reset, told = await reader.take(2)
    assert reset["type"] == "reset"
    assert told["job"] == event.job


@pytest.mark.parametrize("position", ["garbage", "-1", "1e9"])
async def test_a_position_that_is_no_number_is_refused(notify: Running, position: str) -> None:
    headers = {"Authorization": f"Bearer {notify.key.plain}", "Last-Event-ID": position}
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{notify.url}/v1/events", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
