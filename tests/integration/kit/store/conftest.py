"""A database of its own for each test, with the sample collections in it."""

from collections.abc import AsyncIterator

import pytest

from services.kit.store import Store
from tests.integration.kit.store.relays import Bus
from tests.unit.kit.documents.samples import BOOKS, NOTES


@pytest.fixture
async def store(mongo_url: str, database_name: str) -> AsyncIterator[Store]:
    store = Store.connect(mongo_url, database_name)
    await store.ensure(BOOKS, NOTES)
    yield store
    store.close()


@pytest.fixture
def bus() -> Bus:
    return Bus()
