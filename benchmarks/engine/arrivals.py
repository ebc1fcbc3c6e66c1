"""Jobs of mixed step counts, the same for every side."""

import random
import time

from benchmarks.engine.jobs import Job
from benchmarks.engine.line import Side

__all__ = ["jobs_per_second", "mixed"]

_STEPS = (4, 8, 12, 20)


def mixed(count: int) -> list[Job]:
    rng = random.Random(7)  # noqa: S311 - a workload, not a secret
    return [Job(number, rng.choice(_STEPS)) for number in range(count)]


def jobs_per_second(side: Side, jobs: list[Job]) -> float:
    """At saturation: all of them wait from the start."""
    began = time.monotonic()
    for one in [side.submit(job) for job in jobs]:
        one.result()
    return len(jobs) / (time.monotonic() - began)
