"""One broker and one database for the whole session, started when the first test asks for them."""

import re
import secrets
from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from services.cli.parts import Database, KafkaBroker

# No test is a race against the clock: machines are shared, and a slow moment is no fault.
settings.register_profile("heatsink", deadline=None)
settings.load_profile("heatsink")


@pytest.fixture(scope="session")
async def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with KafkaBroker.running(tmp_path_factory.mktemp("kafka"), report=print) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
async def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with Database.running(tmp_path_factory.mktemp("database"), report=print) as database:
        yield database.url


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A prefix that no other test's topics have."""
    return _unique(request.node.name)


@pytest.fixture
def database_name(request: pytest.FixtureRequest) -> str:
    """A database that no other test uses."""
    return _unique(request.node.name)


def _unique(test: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", test.lower())[:24].strip("-")
    return f"{readable}-{secrets.token_hex(4)}"
