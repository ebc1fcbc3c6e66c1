"""Notify's open streams while its database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest

from services.cli.parts import KafkaBroker
from services.contracts import AccountId, Envelope, Event, EventId, JobId, Lane
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobProgressed,
    JobQueued,
    KeyGrant,
    Scope,
)
from services.kit.bus import Producer
from services.kit.component import Readiness
from services.kit.keys import NewKey, hash_secret, new_key
from tests.integration.running_notify import CLOCK, PEPPER, running_notify
from tests.waiting import eventually
from tests.wire import Wire

pytestmark = pytest.mark.slow


@dataclass
class Service:
    url: str
    producer: Producer
    readiness: Readiness
    account: AccountId
    key: NewKey

    async def publish(self, *events: Event) -> None:
        now = CLOCK.now()
        await self.producer.publish([Envelope(EventId.new(now), "test", e) for e in events])

    def client(self) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {self.key.plain}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def knows_the_key(self) -> bool:
        async with self.client() as client, client.stream("GET", "/v1/events") as response:
            return response.status_code == 200


@pytest.fixture
async def service(broker: KafkaBroker, wire: Wire) -> AsyncIterator[Service]:
    mongo_url = f"mongodb://{wire.address}/?directConnection=true"
    async with running_notify(broker.bootstrap, mongo_url) as notify:
        made = Service(
            notify.url,
            notify.producer,
            notify.readiness,
            AccountId.new(CLOCK.now()),
            new_key(),
        )
        await made.publish(_account(made))
        await eventually(made.knows_the_key)
        yield made


def _account(service: Service) -> AccountChanged:
    grant = KeyGrant(
        id=service.key.id,
        secret_hash=hash_secret(PEPPER, service.key.secret),
        scopes=(Scope.JOBS_READ,),
    )
    return AccountChanged(
        at=CLOCK.now(),
        account=service.account,
        version=1,
        plan="free",
        status=AccountStatus.ACTIVE,
        keys=(grant,),
    )


@asynccontextmanager
async def lines(service: Service) -> AsyncIterator["asyncio.Queue[str]"]:
    """What an open stream says, line by line."""
    said: asyncio.Queue[str] = asyncio.Queue()

    async def read(response: httpx2.Response) -> None:
        async for line in response.aiter_lines():
            said.put_nowait(line)

    async with service.client() as client, client.stream("GET", "/v1/events") as response:
        reading = asyncio.create_task(read(response))
        try:
            yield said
        finally:
            reading.cancel()


async def until(said: "asyncio.Queue[str]", *starts: str) -> str:
    """The next line that begins with one of these."""
    async with asyncio.timeout(60):
        while not (line := await said.get()).startswith(starts):
            pass
    return line


async def test_streams_stay_open_and_miss_nothing_and_offsets_wait(
    service: Service, wire: Wire
) -> None:
    now, job = CLOCK.now(), JobId.new(CLOCK.now())
    of = {"account": service.account, "job": job}
    async with lines(service) as said:
        assert await until(said, "retry:") == "retry: 3000"
        wire.cut()
        try:
            raised = await until(said, "retry:")
            assert 15_000 <= int(raised.removeprefix("retry: ")) <= 30_000
            await eventually(lambda: "database" in service.readiness.reasons)
            assert not service.readiness.ready
            await service.publish(
                JobProgressed(at=now, attempt=1, step=1, steps=2, **of),
                JobQueued(at=now, lane=Lane.FREE, pool="default", ticket=0, **of),
            )
            assert await until(said, "event:") == "event: job.progressed"
            await until(said, ": ping")
            async with service.client() as client:
                refused = await client.get("/v1/events")
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert refused.headers["retry-after"]
        finally:
            wire.heal()
        # What was stored before the stream looks again comes before the word that all is well.
        after = {await until(said, "retry:", "event:") for _ in range(2)}
        assert after == {"retry: 3000", "event: job.queued"}
    await eventually(lambda: service.readiness.ready)
