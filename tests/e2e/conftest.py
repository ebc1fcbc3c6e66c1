"""One whole system for all end-to-end tests, and a client for accounts of a test's own."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx2
import pytest

from services.cli.api import Api
from services.cli.up import System, UpOptions
from tests.e2e.collector import Collector, collecting


@dataclass(frozen=True)
class Customer:
    """An account and its key."""

    account: str
    key: str
    api: Api


NewCustomer = Callable[[str], Awaitable[Customer]]


@pytest.fixture(scope="session")
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as made:
        yield made


@pytest.fixture(scope="session")
async def system(
    tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> AsyncIterator[System]:
    options = UpOptions(
        environ={
            **os.environ,
            "HEATSINK_OTLP_ENDPOINT": collector.url,
            "HEATSINK_GATEWAY_LINGER_SECONDS": "1",
            "HEATSINK_DRAIN_SECONDS": "20",
            "HEATSINK_NOTIFY_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "HEATSINK_NOTIFY_WEBHOOK_HTTP": "true",
            "HEATSINK_NOTIFY_PUSH_SERVICES": "127.0.0.1",
        },
        data=tmp_path_factory.mktemp("system"),
    )
    async with System.running(options, print, print) as made:
        yield made


@pytest.fixture
async def customer(system: System) -> AsyncIterator[NewCustomer]:
    """Opens an account on a plan: tests don't share quotas."""
    clients: list[httpx2.AsyncClient] = []

    def client(key: str) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(httpx2.AsyncClient(base_url=system.url, headers=headers, timeout=60))
        return clients[-1]

    async def open_account(plan: str) -> Customer:
        operator = Api(client(system.keys.operator))
        account = await operator.post("/v1/operator/accounts", {"name": "test", "plan": plan})
        made = await operator.post(f"/v1/operator/accounts/{account['id']}/keys", {})
        return Customer(account["id"], made["key"], Api(client(made["key"])))

    yield open_account
    for made in clients:
        await made.aclose()


async def until_notify_knows(system: System, key: str) -> None:
    """Notify hears of a key from Kafka, a moment after gateway made it."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(base_url=system.events_url, headers=headers) as client,
    ):
        while (await client.get("/v1/webhooks")).status_code != 200:  # noqa: ASYNC110 - far away
            await asyncio.sleep(0.1)
