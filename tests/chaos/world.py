"""One running system, made for breaking: no model, short leases, plans without a bound."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import yaml

from services.cli.api import Api
from services.cli.parts import free_port
from services.cli.problems import Refusal
from services.cli.up import HEATSINK, System, UpOptions
from services.cli.up.addresses import SERVICES
from services.cli.up.environment import service_environment
from services.cli.up.keeper import Backoff
from services.cli.up.readiness import until_ready
from services.cli.up.unit import ServiceUnit

__all__ = [
    "LEADER_SECONDS",
    "LEASE_SECONDS",
    "SESSION_SECONDS",
    "STEP_SECONDS",
    "TIGHT",
    "WORKERS",
    "World",
    "environment",
]

WORKERS = 2
LEASE_SECONDS = 3.0
LEADER_SECONDS = 10.0
"""Of render's controller: no setting."""
SESSION_SECONDS = 6.0
STEP_SECONDS = 0.05
TIGHT = 20
"""Images that the plan `tight` gives."""

_READY_WITHIN = 150.0
_SHIPPED = Path(__file__).parents[2] / "services" / "quota" / "plans.yaml"


def environment(folder: Path, **others: str) -> dict[str, str]:
    """What such a system is told: the caller's environment without what points elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HEATSINK_") or name == "HEATSINK_UP_CACHE"
    }
    return {
        **kept,
        "HEATSINK_PLANS": str(_plans(folder)),
        "HEATSINK_DRAIN_SECONDS": "6",
        "HEATSINK_KAFKA_SESSION_SECONDS": f"{SESSION_SECONDS:g}",
        "HEATSINK_NOTIFY_CONNECTIONS": "1000",
        "HEATSINK_NOTIFY_WEBHOOK_HTTP": "true",
        "HEATSINK_NOTIFY_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "HEATSINK_NOTIFY_WEBHOOK_SECONDS": "3",
        "HEATSINK_RENDER_ENGINE": "noop",
        "HEATSINK_RENDER_NOOP_STEP_SECONDS": f"{STEP_SECONDS:g}",
        "HEATSINK_RENDER_WORKERS": f"{WORKERS}",
        "HEATSINK_RENDER_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
        "HEATSINK_RENDER_POLL_SECONDS": "0.5",
        "HEATSINK_RENDER_ATTEMPTS": "20",
        "HEATSINK_RENDER_RETRY_DELAYS": "0.2",
        **others,
    }


@dataclass(frozen=True)
class World:
    """The system, and what tests need of it beside its faults."""

    system: System

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, **environ: str) -> AsyncIterator["World"]:
        """Its own ports and data under `folder`; `environ` goes on top of `environment`."""
        options = UpOptions(environment(folder, **environ), folder / "data", picture=False)
        # What is killed again and again should not be kept waiting for it.
        blueprint = replace(HEATSINK, backoff=Backoff(first=0.1, most=0.5))
        async with System.running(options, print, blueprint=blueprint) as system:
            yield cls(system)

    async def put_on(self, account: str, plan: str) -> None:
        """Changes an account's plan, as an operator does."""
        async with Api.connected(self.system.url, self.system.keys.operator) as operator:
            await operator.patch(f"/v1/operator/accounts/{account}", {"plan": plan})

    async def account(self, plan: str) -> tuple[str, str]:
        """A new account on a plan, and its key."""
        async with Api.connected(self.system.url, self.system.keys.operator) as operator:
            account = await _patiently(operator, "", {"name": "chaos", "plan": plan})
            made = await _patiently(operator, f"/{account['id']}/keys", {})
        return account["id"], made["key"]

    @staticmethod
    def events_url(replica: ServiceUnit) -> str:
        """Of a notify beside the system's own."""
        return f"http://127.0.0.1:{replica.environment['HEATSINK_NOTIFY_PORT']}"

    async def until_ready(self) -> None:
        for service in SERVICES:
            await self.system.until_ready(service, _READY_WITHIN)

    @asynccontextmanager
    async def replica(self, service: str, slot: str, **environ: str) -> AsyncIterator[ServiceUnit]:
        """One more of a service, on ports of its own, until the end of the block."""
        port = free_port()
        folder, addresses = self.system.folder, self.system.addresses
        caller = environment(folder.root.parent, **environ)
        told = service_environment(service, addresses, folder, folder.pepper(), caller) | {
            "HEATSINK_REPLICA": slot,
            "HEATSINK_HEALTH_PORT": str(port),
            "HEATSINK_GATEWAY_PORT": str(free_port(besides=[port])),
            "HEATSINK_NOTIFY_PORT": str(free_port(besides=[port])),
            **environ,
        }
        command = HEATSINK.commands[service]
        log = folder.log(f"{service}-{slot}")
        unit = ServiceUnit(service, command, told, log, lambda _line: None, stop_within=10)
        async with AsyncExitStack() as leaving:
            await unit.start()
            leaving.push_async_callback(unit.stop)
            url = f"http://127.0.0.1:{port}/ready"
            await until_ready(service, url, _READY_WITHIN, print, lambda: None)
            yield unit


async def _patiently(operator: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    while True:
        try:
            return await operator.post(f"/v1/operator/accounts{path}", body)
        except (httpx2.HTTPError, Refusal):
            await asyncio.sleep(0.2)


def _plans(folder: Path) -> Path:
    """The shipped plans, one without a bound, and one with a small one."""
    plans = yaml.safe_load(_SHIPPED.read_text())["plans"]
    bare = {"window_seconds": 86_400, "lane": "paid", "adaptive": False, "concurrency": 1000}
    plans += [
        {"id": "chaos", "title": "Chaos", "images": 1_000_000, "rounding_seconds": 900, **bare},
        {"id": "tight", "title": "Tight", "images": TIGHT, **bare},
    ]
    path = folder / "plans.yaml"
    path.write_text(yaml.safe_dump({"plans": plans}))
    return path
