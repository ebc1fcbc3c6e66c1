"""The client against gateway's own HTTP side, in memory: what the one sends, the other reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from heatsink.client import (
    AsyncHeatsink,
    NotReady,
    Policy,
    QuotaExceeded,
    Refused,
    submission,
    verify_webhook,
)
from standardwebhooks.webhooks import WebhookVerificationError

from services.contracts import DecodeError, WireRecord, decode
from services.contracts.events import JobSubmitted
from services.notify.deliveries.signing import new_secret, signed
from tests.unit.gateway import stories
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.photographs import photo
from tests.unit.gateway.stories import Story


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def ada(house: House) -> Tenant:
    return await house.open()


@pytest.fixture
async def heatsink(house: House, ada: Tenant) -> AsyncIterator[AsyncHeatsink]:
    transport = httpx2.ASGITransport(house.guard, raise_app_exceptions=False)
    policy = Policy(first_wait=0, longest_wait=0)
    async with AsyncHeatsink(
        "http://heatsink.test", ada.plain, policy=policy, transport=transport
    ) as made:
        yield made


async def test_a_picture_is_drawn_and_fetched(house: House, heatsink: AsyncHeatsink) -> None:
    async with house.answering(Story.admitted, Story.completed):
        job = await heatsink.draw("a red fox", steps=10)
    assert (job.status, job.images[0].seed) == ("completed", 7)
    assert await heatsink.picture(job.images[0]) == PNG
    assert house.requested[0].spec.steps == 10


async def test_a_job_without_an_end_in_time_is_not_ready(
    house: House, heatsink: AsyncHeatsink
) -> None:
    async def hurry() -> None:
        while True:
            await house.clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0)

    hurrying = asyncio.create_task(hurry())
    with pytest.raises(NotReady):
        await heatsink.draw("a red fox", seconds=2)
    hurrying.cancel()


async def test_a_refusal_by_quota_has_its_own_class(house: House, heatsink: AsyncHeatsink) -> None:
    async with house.answering(Story.rejected):
        with pytest.raises(QuotaExceeded) as refused:
            await heatsink.draw("a red fox")
    assert (refused.value.rule, refused.value.used) == ("window", 3)


async def test_jobs_are_listed_over_pages(house: House, heatsink: AsyncHeatsink) -> None:
    for _ in range(5):
        await heatsink.create_job("a red fox")
    found = [job.id async for job in heatsink.jobs(limit="2")]
    assert sorted(found) == sorted(asked.job for asked in house.requested)


async def test_a_job_is_cancelled_and_forgotten(house: House, heatsink: AsyncHeatsink) -> None:
    job = await heatsink.create_job("a red fox")
    assert (await heatsink.cancel(job.id)).raw["cancel_requested"]
    await house.project(Story(house.requested[0].job, house.requested[0].account).cancelled())
    await heatsink.delete(job.id)
    with pytest.raises(Refused, match="not_found"):
        await heatsink.job(job.id)


async def test_a_photo_is_uploaded_and_drawn_from(house: House, heatsink: AsyncHeatsink) -> None:
    upload = await heatsink.upload(photo())
    await heatsink.create_job("in glass", model="brush", image=upload.id, strength=0.5)
    assert house.requested[0].spec.images == (upload.id,)


async def test_a_batch_is_ordered_and_cancelled(house: House, heatsink: AsyncHeatsink) -> None:
    batch = await heatsink.create_batch(["a red fox", "a blue fox"], seed=7)
    assert (batch.counts["waiting"], batch.has_ended) == (2, False)
    await heatsink.cancel_batch(batch.id)
    await house.feeder.look()
    assert (await heatsink.wait_batch(batch.id)).counts["cancelled"] == 2


async def test_limits_are_told(house: House, heatsink: AsyncHeatsink) -> None:
    house.limits["free/default"] = stories.limits(m=0.5)
    told = await heatsink.limits()
    assert (told.plan, told.limit_normally, told.used) == ("free", 3, 0)


def test_a_webhook_of_ours_is_verified() -> None:
    secret, body = new_secret(), '{"type":"job.completed"}'
    headers = signed("evt_1", body, (secret,), datetime.now(UTC))
    assert verify_webhook(body.encode(), headers, secret)["type"] == "job.completed"
    with pytest.raises(WebhookVerificationError):
        verify_webhook(body.encode(), headers, new_secret())


async def test_what_became_of_a_message_is_told(
    house: House, ada: Tenant, heatsink: AsyncHeatsink
) -> None:
    granted = (await ada.post("/v1/submission-tokens", {"hours": 1})).json()["token"]
    for name, prompt in (("order/1?", "a red fox"), ("order/2", "")):
        message = submission(ada.account, granted, name, prompt)
        try:
            await house.submissions(decode(WireRecord(message.key, message.value, message.headers)))
        except DecodeError as error:
            await house.submissions.unreadable(error)
    taken = await heatsink.submitted("order/1?")
    assert (taken.name, taken.refusal) == ("order/1?", None)
    assert taken.job
    assert taken.job.status == "submitted"
    refused = await heatsink.submitted("order/2")
    assert (refused.job, refused.refusal) == (None, "invalid_value")
    with pytest.raises(Refused):
        await heatsink.submitted("order/3")


def test_a_message_for_kafka_is_read_as_a_submission() -> None:
    message = submission(stories.ACCOUNT, "a token", "order-1", "a red fox", n=2)
    event = decode(WireRecord(message.key, message.value, message.headers)).data
    assert isinstance(event, JobSubmitted)
    assert (event.submission, event.n, event.token.get_secret_value()) == ("order-1", 2, "a token")
    assert message.topic == "heatsink.submissions.v1"
    assert json.loads(message.value)["prompt"] == "a red fox"
