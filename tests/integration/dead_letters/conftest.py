"""All four services in one process, on real Kafka and a real database."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.contracts import Catalogue, Stream, topics
from services.gateway import wiring as gateway
from services.gateway.settings import GatewaySettings
from services.kit.bus import Connection, DeadLetter, Group, Producer, apply
from services.kit.clock import SystemClock
from services.kit.component import Component, Readiness
from services.kit.data import load_yaml
from services.kit.lifecycle import Context
from services.kit.telemetry import Telemetry
from services.notify import wiring as notify
from services.notify.settings import NotifySettings
from services.quota import wiring as quota
from services.quota.core import Plans
from services.quota.settings import QuotaSettings
from services.render import wiring as render
from services.render.settings import RenderSettings
from tests.integration.kit.bus.bench import Bench
from tests.running import running

ROOT = Path(__file__).parents[3]


@dataclass
class House:
    """The services' components, and whoever speaks to them from outside."""

    connection: Connection
    mongo_url: str
    components: list[Component] = field(default_factory=list)
    readiness: dict[str, Readiness] = field(default_factory=dict)

    @property
    def producer(self) -> Producer:
        return next(one for one in self.components if isinstance(one, Producer))

    def readers(self, stream: Stream) -> set[str]:
        """The groups that read a stream, by the services' own wiring."""
        topic = self.connection.topic(stream)
        groups = [one for one in self.components if isinstance(one, Group)]
        return {group.name.removeprefix("group:") for group in groups if topic in group._topics}

    async def letters(self, stream: Stream) -> list[DeadLetter]:
        bench = Bench(self.connection.bootstrap, self.connection.topic_prefix)
        return await bench.dead_letters(stream)


@pytest.fixture(scope="package")
async def house(
    kafka_bootstrap: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    name = f"house-{secrets.token_hex(4)}"
    connection = Connection(kafka_bootstrap, name)
    await apply(connection, topics(name))
    common: dict[str, Any] = {
        "kafka_bootstrap": kafka_bootstrap,
        "mongo_url": SecretStr(mongo_url),
        "topic_prefix": name,
        "database_prefix": name,
        "pepper": SecretStr("a pepper of the tests"),
        "blobs": str(tmp_path_factory.mktemp("blobs")),
        "catalogue": ROOT / "models" / "catalogue.yaml",
        "plans": ROOT / "services" / "quota" / "plans.yaml",
    }
    at_a_free_port: dict[str, Any] = {"port": 0, "public_url": "http://pictures.test"}
    made = House(connection, mongo_url)
    catalogue = load_yaml(common["catalogue"], Catalogue)
    async with AsyncExitStack() as stack:
        for service, settings, build in (
            ("quota", QuotaSettings(**common), quota.build),
            ("render", RenderSettings(**common, workers=0), render.build),
            ("gateway", GatewaySettings(**common, **at_a_free_port), gateway.build),
            ("notify", NotifySettings(**common, port=0), notify.build),
        ):
            context = _context(service, settings, stack)
            extra = {"quota": [load_yaml(common["plans"], Plans)], "notify": []}
            arguments = extra.get(service, [catalogue])
            components = await build(context, *arguments)
            await stack.enter_async_context(running(components, context.readiness))
            made.components.extend(components)
            made.readiness[service] = context.readiness
        yield made


def _context(service: str, settings: Any, stack: AsyncExitStack) -> Context[Any]:
    telemetry = Telemetry.start(service, "test", settings)
    stack.callback(telemetry.shutdown)
    return Context(settings, SystemClock(), Readiness(), telemetry, resources=stack)


@pytest.fixture
async def bench(kafka_bootstrap: str, topic_prefix: str) -> Bench:
    """A bus of one test's own, with all topics made."""
    bench = Bench(kafka_bootstrap, topic_prefix)
    await apply(bench.connection, topics(topic_prefix))
    return bench


@pytest.fixture
async def quota_settings(bench: Bench, mongo_url: str) -> QuotaSettings:
    """Of a quota of one test's own, on that test's bus."""
    return QuotaSettings(
        kafka_bootstrap=bench.connection.bootstrap,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=bench.connection.topic_prefix,
        database_prefix=f"quota-{secrets.token_hex(4)}",
    )
