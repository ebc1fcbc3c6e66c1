"""What the platform itself costs: start, latency, and throughput against the engine called bare.

One system runs throughout, so that both sides of a ratio share the machine with the same parts.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from services.cli.api import Api, Told
from services.cli.up import System, UpOptions

__all__ = ["platform"]

_SUBMITS = 40
_PICTURES = 16
_ROUNDS = 3
_WITHIN = 300.0
_WISH = {"prompt": "a red fox", "steps": 20}


async def platform() -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        options = UpOptions(dict(os.environ), data=Path(folder))
        async with System.running(options, _say):
            pass
        began = time.monotonic()
        async with System.running(options, _say) as system:
            figures["seconds from up to ready, warm"] = time.monotonic() - began
            async with Api.connected(system.url, system.keys.pro) as api:
                figures |= await _latency(system, api)
                figures |= await _throughput(system, api)
    return figures


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


async def _latency(system: System, api: Api) -> dict[str, float]:
    """Submit to the first event of that job, idle, one job at a time."""
    waits = []
    async with api.events(f"{system.events_url}/v1/events") as events:
        for seed in range(_SUBMITS):
            began = time.monotonic()
            job = await api.post("/v1/jobs", {**_WISH, "steps": 1, "seed": seed})
            waits.append(await _first(events, job["id"]) - began)
            await _end(events, job["id"])
    waits.sort()
    return {
        "submit to first event, p50, ms": 1000 * statistics.median(waits),
        "submit to first event, p95, ms": 1000 * waits[int(0.95 * len(waits))],
    }


async def _first(events: AsyncIterator[Told], job: str) -> float:
    async with asyncio.timeout(_WITHIN):
        async for told in events:
            if told.data.get("job") == job:
                return time.monotonic()
    raise AssertionError("the stream ended")


async def _end(events: AsyncIterator[Told], job: str) -> None:
    async with asyncio.timeout(_WITHIN):
        async for told in events:
            if told.data.get("job") == job and told.data.get("status") == "completed":
                return


async def _throughput(system: System, api: Api) -> dict[str, float]:
    """Pictures per second through all services and by the engine alone, in turns."""
    through, bare = [], []
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(_BareEngine())
        for number in range(_ROUNDS):
            through.append(await _through(system, api, first_seed=number * 1000))
            bare.append(await engine.pictures_per_second())
    return {
        "pictures per second, all services": statistics.median(through),
        "pictures per second, engine alone": statistics.median(bare),
        "ratio": statistics.median(a / b for a, b in zip(through, bare, strict=True)),
    }


async def _through(system: System, api: Api, first_seed: int) -> float:
    began = time.monotonic()
    async with api.events(f"{system.events_url}/v1/events") as events:
        waiting = {
            (await api.post("/v1/jobs", {**_WISH, "seed": first_seed + number}))["id"]
            for number in range(_PICTURES)
        }
        async with asyncio.timeout(_WITHIN):
            async for told in events:
                if told.data.get("status") == "completed":
                    waiting.discard(told.data["job"])
                if not waiting:
                    break
    return _PICTURES / (time.monotonic() - began)


class _BareEngine:
    """The same engine in a process of its own, with as many threads, without a platform."""

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.bare_engine"]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        await self._line()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()

    async def pictures_per_second(self) -> float:
        assert self._process.stdin
        self._process.stdin.write(f"{_PICTURES} {_WISH['steps']}\n".encode())
        return float(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout
        async with asyncio.timeout(_WITHIN):
            return (await self._process.stdout.readline()).decode()
