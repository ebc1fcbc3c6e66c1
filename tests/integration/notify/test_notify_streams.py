"""notify on real Kafka and a real database: what is published arrives, once and in order."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from services.contracts import AccountId, Envelope, Event, EventId, JobId, topics
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobCancelled,
    JobProgressed,
    JobQueued,
    KeyGrant,
    Scope,
)
from services.contracts.jobs import Lane
from services.kit.bus import Connection, Producer, apply
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.http.server import HttpServer
from services.kit.keys import NewKey, hash_secret, new_key
from services.kit.lifecycle import Context
from services.kit.settings import LogFormat
from services.kit.telemetry import Telemetry
from services.notify.settings import NotifySettings
from services.notify.wiring import build
from tests.running import running
from tests.waiting import eventually

PEPPER = SecretStr("a pepper of the tests")
CLOCK = SystemClock()


@dataclass
class Running:
    url: str
    producer: Producer
    account: AccountId
    key: NewKey

    async def publish(self, *events: Event) -> None:
        now = CLOCK.now()
        await self.producer.publish([Envelope(EventId.new(now), "test", e) for e in events])

    def queued(self) -> JobQueued:
        now = CLOCK.now()
        job = JobId.new(now)
        return JobQueued(
            at=now, account=self.account, job=job, lane=Lane.FREE, pool="default", ticket=0
        )

    @asynccontextmanager
    async def events(
        self, last: int | None = None, key: str | None = None
    ) -> AsyncIterator["EventReader"]:
        headers = {"Authorization": f"Bearer {key or self.key.plain}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        async with (
            httpx2.AsyncClient(timeout=20) as client,
            client.stream("GET", f"{self.url}/v1/events", headers=headers) as response,
        ):
            yield EventReader(response)


class EventReader:
    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The data of the next event that has data, with its `id`."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line and name:
                    fields[name] = value
                elif not line and "data" in fields:
                    return {**json.loads(fields["data"]), "id": fields.get("id")}
                elif not line:
                    fields = {}
        raise AssertionError("the stream ended")

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]


@pytest.fixture(scope="module")
async def service(kafka_bootstrap: str, mongo_url: str) -> AsyncIterator[tuple[str, Producer]]:
    """Where notify listens, and a producer beside it."""
    name = f"notify-{secrets.token_hex(4)}"
    settings = NotifySettings(
        kafka_bootstrap=kafka_bootstrap,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=name,
        database_prefix=name,
        pepper=PEPPER,
        port=0,
        log_format=LogFormat.CONSOLE,
    )
    await apply(Connection(kafka_bootstrap, name), topics(name))
    telemetry = Telemetry.start("notify", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    async with context.resources:
        components = await build(context)
        async with running(components, context.readiness):
            [server] = [one for one in components if isinstance(one, HttpServer)]
            [producer] = [one for one in components if isinstance(one, Producer)]
            yield f"http://127.0.0.1:{server.port}", producer
    telemetry.shutdown()


@pytest.fixture
async def notify(service: tuple[str, Producer]) -> Running:
    """notify with an account of this test's own."""
    made = Running(*service, AccountId.new(CLOCK.now()), new_key())
    await make_account(made)
    return made


async def make_account(
    notify: Running, version: int = 1, status: AccountStatus = AccountStatus.ACTIVE
) -> None:
    grant = KeyGrant(
        id=notify.key.id,
        secret_hash=hash_secret(PEPPER, notify.key.secret),
        scopes=(Scope.JOBS_READ,),
    )
    await notify.publish(
        AccountChanged(
            at=CLOCK.now(),
            account=notify.account,
            version=version,
            plan="free",
            status=status,
            keys=(grant,),
        )
    )
    expected = 200 if status is AccountStatus.ACTIVE else 403

    async def is_known() -> bool:
        return await answered(notify) == expected

    await eventually(is_known)


async def answered(notify: Running, key: str | None = None) -> int:
    async with notify.events(key=key) as reader:
        return reader.response.status_code


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
