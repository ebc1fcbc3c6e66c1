"""Gateway on a broker and a database of these tests' own: both may be killed and frozen."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from services.cli.parts import Database, KafkaBroker
from services.contracts import topics
from services.gateway.settings import GatewaySettings
from services.kit.bus import Connection, apply
from tests.integration.gateway.conftest import ROOT, replica
from tests.integration.gateway.world import World
from tests.wire import Wire


@pytest.fixture(scope="package")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaBroker]:
    async with KafkaBroker.running(tmp_path_factory.mktemp("kafka"), report=print) as made:
        yield made


@pytest.fixture(scope="package")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with Database.running(tmp_path_factory.mktemp("database"), report=print) as made:
        yield made


@pytest.fixture(scope="package")
async def wire(database: Database) -> AsyncIterator[Wire]:
    """The only way from gateway to the database."""
    async with Wire.to(urlsplit(database.url).netloc) as made:
        yield made


@pytest.fixture(scope="package")
async def installation(
    broker: KafkaBroker, wire: Wire, tmp_path_factory: pytest.TempPathFactory
) -> GatewaySettings:
    name = f"outages-{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("outages")
    await apply(Connection(broker.bootstrap, name), topics(name))
    return GatewaySettings(
        kafka_bootstrap=broker.bootstrap,
        mongo_url=SecretStr(f"mongodb://{wire.address}/?directConnection=true"),
        topic_prefix=name,
        database_prefix=name,
        pepper=SecretStr("a pepper of the tests"),
        port=0,
        public_url="http://pictures.test",
        blobs=str(folder / "blobs"),
        catalogue=ROOT / "models" / "catalogue.yaml",
        demo_keys_file=folder / "keys.json",
        wait_seconds=90,
        linger_seconds=0,
    )


@pytest.fixture
async def world(installation: GatewaySettings) -> AsyncIterator[World]:
    connection = Connection(installation.kafka_bootstrap, installation.topic_prefix)
    made = World(connection, Path(installation.blobs))
    async with made.turning():
        yield made


@pytest.fixture
async def client(installation: GatewaySettings, world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Of a customer on the plan `pro`."""
    assert world.readiness.ready
    async with replica(installation, "0") as here:
        key = json.loads(here.keys.read_text())["pro"]
        async with here.client(key) as made:
            yield made
