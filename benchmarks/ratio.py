"""Pictures per second through all services and by the engine alone, in turns.

One system runs throughout, so that both sides share the machine with the same parts.
"""

import asyncio
import statistics
import sys
from contextlib import AsyncExitStack
from typing import Self

from benchmarks.bench import Bench, environment
from benchmarks.client import Client, connected
from benchmarks.load import closed_loop
from benchmarks.sizes import Figures, Sizes

__all__ = ["ratio"]

_STEPS = 20
_OPEN = 16
_WITHIN = 300.0


async def ratio(bench: Bench, sizes: Sizes) -> Figures:
    through, bare = [], []
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(bench, bench.system.keys.pro))
        engine = await stack.enter_async_context(_BareEngine(sizes.pictures))
        for _ in range(sizes.rounds):
            through.append(await _through(client, sizes.pictures))
            bare.append(await engine.pictures_per_second())
    ratios = [a / b for a, b in zip(through, bare, strict=True)]
    return {
        "pictures per second, all services": statistics.median(through),
        "pictures per second, engine alone": statistics.median(bare),
        "ratio": statistics.median(ratios),
        "ratio, lowest round": min(ratios),
        "ratio, highest round": max(ratios),
    }


async def _through(client: Client, pictures: int) -> float:
    return await closed_loop([client], pictures, _OPEN, steps=_STEPS)


class _BareEngine:
    """The same engine in a process of its own, with as many threads, without a platform."""

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.bare_engine"]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env=environment()
        )
        await self._line()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()

    async def pictures_per_second(self) -> float:
        assert self._process.stdin
        self._process.stdin.write(f"{self._pictures} {_STEPS}\n".encode())
        return float(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout
        async with asyncio.timeout(_WITHIN):
            return (await self._process.stdout.readline()).decode()
