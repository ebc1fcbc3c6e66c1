"""One broker and one database for the whole session, started when the first test asks for them."""

import re
import secrets
from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from services.cli.parts import Database, KafkaBroker
from services.kit.bus import Connection
from services.kit.bus.admin import admin_client

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
async def topic_prefix(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A prefix that no other test's topics have. They go with the test.

    A broker with the topics of hundreds of tests tells all of them to every client that looks.
    """
    prefix = _unique(request.node.name)
    yield prefix
    if "kafka_bootstrap" in request.fixturenames:
        await _delete_topics(request.getfixturevalue("kafka_bootstrap"), prefix)


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    connection = Connection(bootstrap, prefix)
    async with admin_client(connection) as admin:
        names = [found["topic"] for found in await admin.describe_topics()]
        await admin.delete_topics([name for name in names if name.startswith(f"{prefix}.")])


@pytest.fixture
def database_name(request: pytest.FixtureRequest) -> str:
    """A database that no other test uses."""
    return _unique(request.node.name)


def _unique(test: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", test.lower())[:24].strip("-")
    return f"{readable}-{secrets.token_hex(4)}"
