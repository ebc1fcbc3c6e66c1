"""Two gateways behind a balancer, restarted one after the other under load: nobody notices."""

import asyncio
import itertools
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from services.cli.parts import free_port
from services.cli.up import System
from services.cli.up.environment import service_environment
from services.cli.up.unit import ServiceUnit
from tests.e2e.conftest import NewCustomer

LOOPBACK = "http://127.0.0.1"
LOOK_EVERY = 0.2
READY_WITHIN = 60


@dataclass
class Balancer:
    """Sends in turns to those that were ready when last asked, as a balancer does."""

    key: str
    gateways: dict[str, str]
    """Where each takes requests, by where it says whether it is ready."""
    ready: set[str] = field(default_factory=set)
    told: Counter[int | str] = field(default_factory=Counter)
    _turns: "itertools.count[int]" = field(default_factory=itertools.count)

    async def watch(self) -> None:
        async with httpx2.AsyncClient(timeout=1) as client:
            while True:
                for asked, url in self.gateways.items():
                    if await is_ready(client, asked):
                        self.ready.add(url)
                    else:
                        self.ready.discard(url)
                await asyncio.sleep(LOOK_EVERY)

    async def until(self, ready: int) -> None:
        async with asyncio.timeout(READY_WITHIN):
            while len(self.ready) != ready:  # noqa: ASYNC110 - what changes it is far away
                await asyncio.sleep(LOOK_EVERY)

    async def send(
        self, client: httpx2.AsyncClient, method: str, path: str, **more: object
    ) -> None:
        """One try: nobody repeats it."""
        urls = sorted(self.ready)
        url = urls[next(self._turns) % len(urls)]
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            answer = await client.request(method, url + path, headers=headers, json=more or None)
        except httpx2.HTTPError as error:
            self.told[repr(error)] += 1
        else:
            slow = answer.status_code == 503 and "storage_unavailable" in answer.text
            self.told["slow" if slow else answer.status_code] += 1


async def is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx2.HTTPError:
        return False


@asynccontextmanager
async def second_gateway(system: System, folder: Path) -> AsyncIterator[tuple[ServiceUnit, str]]:
    """A replica beside the system's own, and where it says whether it is ready."""
    ports = [free_port(), free_port()]
    environment = service_environment(
        "gateway", system.addresses, system.folder, system.folder.pepper(), os.environ
    )
    unit = ServiceUnit(
        name="gateway-1",
        command=[sys.executable, "-m", "services.gateway"],
        environment={
            **environment,
            "HEATSINK_REPLICA": "1",
            "HEATSINK_GATEWAY_PORT": str(ports[0]),
            "HEATSINK_HEALTH_PORT": str(ports[1]),
            "HEATSINK_GATEWAY_LINGER_SECONDS": "1",
            "HEATSINK_DRAIN_SECONDS": "20",
        },
        log=folder / "gateway-1.log",
        on_line=print,
        stop_within=24,
    )
    await unit.start()
    try:
        yield unit, f"{LOOPBACK}:{ports[1]}/ready"
    finally:
        await unit.stop()


@asynccontextmanager
async def under_load(balancer: Balancer) -> AsyncIterator[None]:
    """Pictures, jobs, and readings of them, on connections that are kept."""

    async def every(seconds: float, send: Callable[[], Coroutine[None, None, None]]) -> None:
        async with asyncio.TaskGroup() as calls:
            while True:
                calls.create_task(send())
                await asyncio.sleep(seconds)

    async with httpx2.AsyncClient(timeout=60) as client:
        draw = {"prompt": "a red fox", "heatsink": {"steps": 1}}
        work = [
            every(2, lambda: balancer.send(client, "POST", "/v1/images/generations", **draw)),
            every(1.5, lambda: balancer.send(client, "POST", "/v1/jobs", prompt="a fox", steps=1)),
            every(0.1, lambda: balancer.send(client, "GET", "/v1/jobs")),
        ]
        tasks = [asyncio.create_task(one) for one in work]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_rolling_restart_of_two_gateways_fails_no_request(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    who = await customer("operator")
    async with second_gateway(system, tmp_path) as (second, second_ready):
        second_url = f"{LOOPBACK}:{second.environment['HEATSINK_GATEWAY_PORT']}"
        gateways = {system.addresses.ready_url("gateway"): system.url, second_ready: second_url}
        balancer = Balancer(who.key, gateways)
        watching = asyncio.create_task(balancer.watch())
        await balancer.until(ready=2)
        async with under_load(balancer):
            await system.stop("gateway")
            await balancer.until(ready=1)
            await system.start("gateway")
            await balancer.until(ready=2)
            await second.stop()
            await balancer.until(ready=1)
            await second.start()
            await balancer.until(ready=2)
        watching.cancel()
    assert balancer.told[200] > 50, balancer.told
    # A machine that is busy elsewhere may make the database slow: no restart's doing.
    assert set(balancer.told) <= {200, 202, "slow"}, balancer.told


@pytest.fixture(autouse=True)
async def _afterwards(system: System) -> AsyncIterator[None]:
    yield
    await system.until_ready("gateway")
