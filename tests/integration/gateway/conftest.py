"""Two replicas of gateway on real Kafka and a real database."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from services.contracts import Catalogue, topics
from services.gateway.settings import GatewaySettings
from services.gateway.wiring import build
from services.kit.bus import Connection, apply
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.data import load_yaml
from services.kit.http import HttpServer
from services.kit.lifecycle import Context
from services.kit.telemetry import Telemetry
from tests.integration.gateway.world import World
from tests.running import running

ROOT = Path(__file__).parents[3]
ACCOUNTS = "/v1/operator/accounts"


@dataclass(frozen=True)
class Replica:
    """One gateway process, in spirit: all components of its own."""

    url: str
    keys: Path

    def client(self, key: str) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {key}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)


@dataclass(frozen=True)
class Customer:
    """An account of a test's own, with a client on each replica."""

    account: str
    key: str
    here: httpx2.AsyncClient
    there: httpx2.AsyncClient

    async def draw(self, prompt: str, **given: Any) -> httpx2.Response:
        return await self.here.post("/v1/images/generations", json={"prompt": prompt}, **given)

    async def ask(self, prompt: str, **given: Any) -> httpx2.Response:
        return await self.here.post("/v1/jobs", json={"prompt": prompt}, **given)


@pytest.fixture(scope="package")
async def installation(
    kafka_bootstrap: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> GatewaySettings:
    name = f"gateway-{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("gateway")
    await apply(Connection(kafka_bootstrap, name), topics(name))
    return GatewaySettings(
        kafka_bootstrap=kafka_bootstrap,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=name,
        database_prefix=name,
        pepper=SecretStr("a pepper of the tests"),
        port=0,
        public_url="http://pictures.test",
        blobs=str(folder / "blobs"),
        catalogue=ROOT / "models" / "catalogue.yaml",
        demo_keys_file=folder / "keys.json",
        wait_seconds=20,
        linger_seconds=0,
    )


@asynccontextmanager
async def replica(settings: GatewaySettings, number: str) -> AsyncIterator[Replica]:
    own = settings.model_copy(update={"replica": number})
    telemetry = Telemetry.start("gateway", "test", own)
    context = Context(own, SystemClock(), Readiness(), telemetry)
    catalogue = load_yaml(own.catalogue, Catalogue)
    async with context.resources:
        components = await build(context, catalogue)
        async with running(components, context.readiness):
            [server] = [one for one in components if isinstance(one, HttpServer)]
            assert own.demo_keys_file
            yield Replica(f"http://127.0.0.1:{server.port}", own.demo_keys_file)
    telemetry.shutdown()


@pytest.fixture(scope="package")
async def replicas(installation: GatewaySettings) -> AsyncIterator[tuple[Replica, Replica]]:
    async with replica(installation, "0") as first, replica(installation, "1") as second:
        yield first, second


@pytest.fixture(scope="package")
async def world(installation: GatewaySettings) -> AsyncIterator[World]:
    connection = Connection(installation.kafka_bootstrap, installation.topic_prefix)
    made = World(connection, Path(installation.blobs))
    async with made.turning():
        yield made


@pytest.fixture
async def operator(replicas: tuple[Replica, Replica]) -> AsyncIterator[httpx2.AsyncClient]:
    keys = json.loads(replicas[0].keys.read_text())
    async with replicas[0].client(keys["operator"]) as client:
        yield client


@pytest.fixture
async def customer(
    world: World, replicas: tuple[Replica, Replica], operator: httpx2.AsyncClient
) -> AsyncIterator[Customer]:
    account = (await operator.post(ACCOUNTS, json={"name": "Ada", "plan": "free"})).json()["id"]
    key = (await operator.post(f"{ACCOUNTS}/{account}/keys", json={})).json()["key"]
    first, second = replicas
    async with first.client(key) as here, second.client(key) as there:
        yield Customer(account, key, here, there)
