"""A gateway on parts in memory for each test."""

import io
from collections.abc import AsyncIterator, Iterator

import pytest

from services.kit.telemetry import logs
from tests.unit.gateway.house import House, Tenant


@pytest.fixture(autouse=True)
def logged() -> Iterator[io.StringIO]:
    """What a test makes gateway log, as in production."""
    written = io.StringIO()
    logs.configure("gateway", stream=written)
    yield written
    logs.reset()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    async with made.client:
        yield made


@pytest.fixture
async def ada(house: House) -> Tenant:
    """On the free plan."""
    return await house.open()
