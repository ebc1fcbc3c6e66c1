"""From a request to the first event of its job on the open stream."""

from benchmarks.bench import Bench
from benchmarks.client import connected, crowd, percentile
from benchmarks.load import at_pace, closed_loop
from benchmarks.sizes import Figures, Sizes

__all__ = ["latency_busy", "latency_half", "latency_idle"]

_NAME = "submit to first event"


async def latency_idle(bench: Bench, sizes: Sizes) -> Figures:
    """One job at a time, nothing else to do."""
    async with connected(bench, bench.system.keys.pro) as client:
        await client.latency(steps=1)
        waits = [await client.latency(steps=1, seed=seed) for seed in range(sizes.idle_jobs)]
    return _figures("idle", waits)


async def latency_half(bench: Bench, sizes: Sizes) -> Figures:
    """The engine is half busy: jobs of 20 steps come at half the rate at which it draws them."""
    async with crowd(bench, 2) as clients:
        full = await closed_loop(clients, jobs=8, open_jobs=2)
        waits = await at_pace(clients, full / 2, sizes.half_load_seconds)
    return {"half load, jobs per second": full / 2} | _figures("half load", waits)


async def latency_busy(bench: Bench, sizes: Sizes) -> Figures:
    """The platform is half busy: as `latency_half`, with an engine that costs nothing."""
    async with crowd(bench, sizes.accounts) as clients:
        full = await closed_loop(clients, sizes.noop_jobs // 4, sizes.open_jobs, steps=1)
        waits = await at_pace(clients, full / 2, sizes.half_load_seconds / 2, steps=1)
    figures = {"no-op half load, jobs per second": full / 2}
    return figures | _figures("no-op half load", waits)


def _figures(load: str, waits: list[float]) -> Figures:
    return {
        f"{_NAME}, {load}, p50, ms": 1000 * percentile(waits, 0.5),
        f"{_NAME}, {load}, p95, ms": 1000 * percentile(waits, 0.95),
        f"{_NAME}, {load}, samples": len(waits),
    }
