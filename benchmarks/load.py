"""Jobs in numbers: as fast as they end, or at a set pace."""

import asyncio
import random
import time
from collections.abc import Sequence
from itertools import count, cycle
from typing import Any

from benchmarks.client import Client

__all__ = ["at_pace", "closed_loop"]


async def closed_loop(clients: Sequence[Client], jobs: int, open_jobs: int, **wish: Any) -> float:
    """Jobs per second with `open_jobs` of each client under way until all have ended."""
    began, numbers = time.monotonic(), count()

    async def keep_one_open(client: Client) -> None:
        while (number := next(numbers)) < jobs:
            await client.until_end(await client.submit(seed=number, **wish))

    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            for _ in range(open_jobs):
                tasks.create_task(keep_one_open(client))
    return jobs / (time.monotonic() - began)


async def at_pace(
    clients: Sequence[Client], per_second: float, seconds: float, **wish: Any
) -> list[float]:
    """Latencies of jobs that come at random, `per_second` of them on average, in turns of clients.

    The generator does not wait for answers: who is late is late in the figure too.
    """
    chance, tasks = random.Random(7), []  # noqa: S311 - the same arrivals in each run
    ends = time.monotonic() + seconds
    at = time.monotonic()
    for number, client in enumerate(cycle(clients)):
        at += chance.expovariate(per_second)
        if at > ends:
            break
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        tasks.append(asyncio.create_task(client.latency(seed=number, **wish)))
    return list(await asyncio.gather(*tasks))
