"""Quota's own database, with its collections and indexes."""

from collections.abc import AsyncIterator

import pytest

from services.kit.lease import LEASES
from services.kit.store import Store
from services.quota.core import LEDGER
from services.quota.repository import ACCOUNTS, LIMITS


@pytest.fixture
async def store(mongo_url: str, database_name: str) -> AsyncIterator[Store]:
    store = Store.connect(mongo_url, database_name)
    await store.ensure(ACCOUNTS, LIMITS, LEASES, LEDGER)
    yield store
    store.close()
