"""notify on real Kafka and a real database."""

from collections.abc import AsyncIterator

import pytest

from services.contracts import AccountId
from services.kit.keys import new_key
from tests.integration.notify.listening import Running, make_account
from tests.integration.running_notify import CLOCK, RunningNotify, running_notify


@pytest.fixture(scope="package")
async def service(kafka_bootstrap: str, mongo_url: str) -> AsyncIterator[RunningNotify]:
    async with running_notify(kafka_bootstrap, mongo_url) as made:
        yield made


@pytest.fixture
async def notify(service: RunningNotify) -> Running:
    """notify with an account of this test's own."""
    made = Running(service.url, service.producer, AccountId.new(CLOCK.now()), new_key())
    await make_account(made)
    return made
