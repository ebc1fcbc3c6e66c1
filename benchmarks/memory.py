"""What each process holds after thousands of jobs: growth without a bound is a fault."""

from benchmarks.bench import Bench, say
from benchmarks.client import crowd
from benchmarks.load import closed_loop
from benchmarks.processes import resident_mb
from benchmarks.sizes import Figures, Sizes

__all__ = ["memory"]


async def memory(bench: Bench, sizes: Sizes) -> Figures:
    """Resident megabytes; growth is counted from the first look on, when all have warmed up."""
    looks: list[dict[str, float]] = []
    async with crowd(bench, sizes.accounts) as clients:
        while len(looks) * sizes.soak_look < sizes.soak_jobs:
            rate = await closed_loop(clients, sizes.soak_look, sizes.open_jobs, steps=1)
            looks.append(resident_mb(bench.system))
            seen = ", ".join(f"{name} {value:.0f}" for name, value in looks[-1].items())
            say(f"{len(looks) * sizes.soak_look} jobs, {rate:.1f} a second; MB: {seen}")
    return {"soak, jobs": len(looks) * sizes.soak_look} | _figures(looks)


def _figures(looks: list[dict[str, float]]) -> Figures:
    first, middle, last = looks[0], looks[len(looks) // 2], looks[-1]
    figures: Figures = {}
    for name in last:
        figures[f"resident MB, {name}, first look"] = first[name]
        figures[f"resident MB, {name}, half way"] = middle[name]
        figures[f"resident MB, {name}, end"] = last[name]
    return figures
