"""A running notify, and what a test does with it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from services.contracts import AccountId, Envelope, Event, EventId, JobId
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobQueued,
    KeyGrant,
    Scope,
)
from services.contracts.jobs import Lane
from services.kit.bus import Producer
from services.kit.keys import NewKey, hash_secret
from tests.integration.running_notify import CLOCK, PEPPER
from tests.waiting import eventually


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
        self, last: int | None = None, key: str | None = None, job: JobId | None = None
    ) -> AsyncIterator["EventReader"]:
        headers = {"Authorization": f"Bearer {key or self.key.plain}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        async with (
            httpx2.AsyncClient(timeout=20) as client,
            client.stream(
                "GET",
                f"{self.url}/v1/events",
                headers=headers,
                params={"job": job} if job else None,
            ) as response,
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


async def make_account(
    notify: Running, version: int = 1, status: AccountStatus = AccountStatus.ACTIVE
) -> None:
    grant = KeyGrant(
        id=notify.key.id,
        secret_hash=hash_secret(PEPPER, notify.key.secret),
        scopes=(Scope.JOBS_READ, Scope.JOBS_WRITE),
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
