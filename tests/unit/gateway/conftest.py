"""A gateway on parts in memory for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.gateway.house import House, Tenant


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    async with made.client:
        yield made


@pytest.fixture
async def ada(house: House) -> Tenant:
    """On the free plan."""
    return await house.open()
