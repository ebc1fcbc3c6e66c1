"""A notify on real parts, in this process."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from services.contracts import topics
from services.kit.bus import Connection, Producer, apply
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.http import HttpServer
from services.kit.lifecycle import Context
from services.kit.settings import LogFormat
from services.kit.telemetry import Telemetry
from services.notify.settings import NotifySettings
from services.notify.wiring import build
from tests.running import running

__all__ = ["CLOCK", "PEPPER", "RunningNotify", "running_notify"]

PEPPER = SecretStr("a pepper of the tests")
CLOCK = SystemClock()


@dataclass(frozen=True)
class RunningNotify:
    """Where it listens, and a producer beside it."""

    url: str
    producer: Producer
    readiness: Readiness


@asynccontextmanager
async def running_notify(kafka: str, mongo_url: str) -> AsyncIterator[RunningNotify]:
    """With topics and a database of its own."""
    name = f"notify-{secrets.token_hex(4)}"
    settings = NotifySettings(
        kafka_bootstrap=kafka,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=name,
        database_prefix=name,
        pepper=PEPPER,
        port=0,
        log_format=LogFormat.CONSOLE,
    )
    await apply(Connection(kafka, name), topics(name))
    telemetry = Telemetry.start("notify", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    async with context.resources:
        components = await build(context)
        async with running(components, context.readiness):
            [server] = [one for one in components if isinstance(one, HttpServer)]
            [producer] = [one for one in components if isinstance(one, Producer)]
            url = f"http://127.0.0.1:{server.port}"
            yield RunningNotify(url, producer, context.readiness)
    telemetry.shutdown()
