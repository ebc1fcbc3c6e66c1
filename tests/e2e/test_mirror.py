"""`heatsink topics mirror`: a tenant's own topic has its events, all of them, and nobody else's."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped]

from services.cli.up import System
from tests.e2e.commands import start
from tests.e2e.conftest import Customer, NewCustomer
from tests.waiting import eventually

TOPIC = "tenants.shop"


@dataclass
class Tenant:
    """What the tenant has read of its topic: kinds by job, and whose they were."""

    kinds: dict[str, list[str]] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)

    def read(self, record: Any) -> None:
        event = json.loads(record.value)
        kind = dict(record.headers)["ce_type"].decode().split(".")[-2]
        self.accounts.add(event["account"])
        heard = self.kinds.setdefault(event["job"], [])
        if kind not in heard:
            heard.append(kind)

    def knows_the_end_of(self, job: str) -> bool:
        return {"JobRequested", "JobAdmitted", "JobCompleted"} <= set(self.kinds.get(job, ()))


@pytest.fixture
async def tenant(system: System) -> AsyncIterator[Tenant]:
    brokers = system.addresses.kafka_bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    made = Tenant()
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=brokers, auto_offset_reset="earliest")

    async def read() -> None:
        async for record in consumer:
            made.read(record)

    async with consumer:
        reading = asyncio.create_task(read())
        yield made
        reading.cancel()


@asynccontextmanager
async def mirroring(
    system: System, account: str, cwd: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await start(
        *("topics", "mirror", account, TOPIC),
        cwd=cwd,
        kafka_bootstrap=system.addresses.kafka_bootstrap,
        mongo_url=system.addresses.mongo_url,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def drawn(who: Customer) -> str:
    job = await who.api.post("/v1/jobs", {"prompt": "a red fox", "steps": 1})
    return str(job["id"])


async def test_a_tenants_topic_has_its_own_events_though_the_mirror_is_killed(
    system: System, customer: NewCustomer, tenant: Tenant, tmp_path: Path
) -> None:
    shop, other = await customer("plus"), await customer("plus")
    async with mirroring(system, shop.account, tmp_path) as mirror:
        jobs = [await drawn(shop), await drawn(other)]
        await eventually(lambda: tenant.knows_the_end_of(jobs[0]), within=90)
        mirror.send_signal(signal.SIGKILL)
        await mirror.wait()
    meanwhile = await drawn(shop)
    async with mirroring(system, shop.account, tmp_path) as mirror:
        await eventually(lambda: tenant.knows_the_end_of(meanwhile), within=90)
        mirror.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await mirror.wait() == 0
    assert tenant.accounts == {shop.account}
    assert jobs[1] not in tenant.kinds
