"""Jobs per second through the platform when drawing costs nothing."""

from benchmarks.bench import Bench
from benchmarks.client import crowd
from benchmarks.load import closed_loop
from benchmarks.sizes import Figures, Sizes

__all__ = ["throughput"]


async def throughput(bench: Bench, sizes: Sizes) -> Figures:
    async with crowd(bench, sizes.accounts) as clients:
        await closed_loop(clients, sizes.noop_jobs // 10, sizes.open_jobs, steps=1)
        rate = await closed_loop(clients, sizes.noop_jobs, sizes.open_jobs, steps=1)
    return {"no-op jobs per second": rate}
