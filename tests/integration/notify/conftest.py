"""notify on real Kafka and a real database."""

import secrets
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from services.contracts import AccountId, topics
from services.kit.bus import Connection, Producer, apply
from services.kit.component import Readiness
from services.kit.http.server import HttpServer
from services.kit.keys import new_key
from services.kit.lifecycle import Context
from services.kit.settings import LogFormat
from services.kit.telemetry import Telemetry
from services.notify.settings import NotifySettings
from services.notify.wiring import build
from tests.integration.notify.listening import CLOCK, PEPPER, Running, make_account
from tests.running import running


@pytest.fixture(scope="package")
async def service(kafka_bootstrap: str, mongo_url: str) -> AsyncIterator[tuple[str, Producer]]:
    """Where notify listens, and a producer beside it."""
    name = f"notify-{secrets.token_hex(4)}"
    settings = NotifySettings(
        kafka_bootstrap=kafka_bootstrap,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=name,
        database_prefix=name,
        pepper=PEPPER,
        port=0,
        log_format=LogFormat.CONSOLE,
    )
    await apply(Connection(kafka_bootstrap, name), topics(name))
    telemetry = Telemetry.start("notify", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    async with context.resources:
        components = await build(context)
        async with running(components, context.readiness):
            [server] = [one for one in components if isinstance(one, HttpServer)]
            [producer] = [one for one in components if isinstance(one, Producer)]
            yield f"http://127.0.0.1:{server.port}", producer
    telemetry.shutdown()


@pytest.fixture
async def notify(service: tuple[str, Producer]) -> Running:
    """notify with an account of this test's own."""
    made = Running(*service, AccountId.new(CLOCK.now()), new_key())
    await make_account(made)
    return made
