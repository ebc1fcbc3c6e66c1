"""Quota's own database, with its collections and indexes; quota as a process, and the others."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from services.contracts import topics
from services.kit.bus import Connection, Group, Producer, apply
from services.kit.lease import LEASES
from services.kit.store import Store
from services.quota.core import LEDGER
from services.quota.repository import ACCOUNTS, LIMITS
from tests.integration.quota.outside import Outside, Quota


@pytest.fixture
async def store(mongo_url: str, database_name: str) -> AsyncIterator[Store]:
    store = Store.connect(mongo_url, database_name)
    await store.ensure(ACCOUNTS, LIMITS, LEASES, LEDGER)
    yield store
    store.close()


@pytest.fixture
async def outside(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Outside]:
    connection = Connection(kafka_bootstrap, topic_prefix, "outside")
    await apply(connection, topics(topic_prefix), replication=1)
    outside = Outside(connection)
    async with _running([outside.producer, outside.group]):
        yield outside


@pytest.fixture
def database_prefix() -> str:
    return f"test-{secrets.token_hex(4)}"


@pytest.fixture
def database_name(database_prefix: str) -> str:
    """The one that the service makes of its prefix."""
    return f"{database_prefix}_quota"


@pytest.fixture
async def quota(
    kafka_bootstrap: str, topic_prefix: str, mongo_url: str, database_prefix: str
) -> AsyncIterator[Quota]:
    quota = Quota(kafka_bootstrap, topic_prefix, mongo_url, database_prefix)
    await quota.start()
    yield quota
    await quota.end(signal.SIGKILL)


@asynccontextmanager
async def _running(components: Sequence[Producer | Group]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for component in components:
            tasks.create_task(component.run(stop))
        yield
        stop.set()
