"""What the platform itself costs, figure by figure."""

import json
from collections.abc import Awaitable, Callable, Iterable

from benchmarks.bench import EMBER, NOOP, Bench, running_bench, say
from benchmarks.decisions import decisions
from benchmarks.latency import latency_busy, latency_half, latency_idle
from benchmarks.memory import memory
from benchmarks.ratio import ratio
from benchmarks.sizes import Figures, Sizes
from benchmarks.start import start
from benchmarks.throughput import throughput

__all__ = ["FIGURES", "platform"]

Measure = Callable[[Bench, Sizes], Awaitable[Figures]]

_WITH_EMBER: dict[str, Measure] = {"latency": latency_idle, "half": latency_half, "ratio": ratio}
_WITH_NOOP: dict[str, Measure] = {
    "throughput": throughput,
    "busy": latency_busy,
    "decisions": decisions,
    "memory": memory,
}

FIGURES = ("start", *_WITH_EMBER, *_WITH_NOOP)


async def platform(only: Iterable[str], sizes: Sizes) -> Figures:
    """The chosen figures; one system for those that draw, another for those that don't."""
    chosen = set(only)
    figures = await start(sizes) if "start" in chosen else {}
    for engine, measures in ((EMBER, _WITH_EMBER), (NOOP, _WITH_NOOP)):
        wanted = [name for name in measures if name in chosen]
        if wanted:
            async with running_bench(engine) as bench:
                for name in wanted:
                    say(f"measuring {name}")
                    found = await measures[name](bench, sizes)
                    say(json.dumps(found))
                    figures |= found
    return figures
