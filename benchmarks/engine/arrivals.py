"""Jobs of mixed step counts, the same for every side: all at once, or as they come."""

import random
import time
from dataclasses import dataclass

from benchmarks.engine.jobs import Job
from benchmarks.engine.line import Side, Times
from services.contracts import Lane

__all__ = ["Arrival", "answered", "jobs_per_second", "mixed", "open_loop"]

_STEPS = (4, 8, 12, 20)


@dataclass(frozen=True)
class Arrival:
    """A job, and when it is meant to come, in seconds from the beginning."""

    job: Job
    at: float


def mixed(count: int) -> list[Job]:
    rng = _dice()
    return [Job(number, rng.choice(_STEPS)) for number in range(count)]


def jobs_per_second(side: Side, jobs: list[Job]) -> float:
    """At saturation: all of them wait from the start."""
    began = time.monotonic()
    for one in [side.submit(job) for job in jobs]:
        one.result()
    return len(jobs) / (time.monotonic() - began)


def open_loop(rate: float, seconds: float, paid: float = 0.0) -> list[Arrival]:
    """A Poisson process of so many jobs a second; `paid` is the share of paid ones."""
    rng = _dice()
    arrivals: list[Arrival] = []
    at = rng.expovariate(rate)
    while at < seconds:
        lane = Lane.PAID if rng.random() < paid else Lane.FREE
        arrivals.append(Arrival(Job(len(arrivals), rng.choice(_STEPS), lane), at))
        at += rng.expovariate(rate)
    return arrivals


def answered(side: Side, arrivals: list[Arrival]) -> list[tuple[float, Times]]:
    """When each was meant to come, on the clock of its times: lateness of ours is not forgiven.

    Returns when the last has come and been drawn.
    """
    began = time.monotonic()
    told = []
    for arrival in arrivals:
        time.sleep(max(0.0, began + arrival.at - time.monotonic()))
        told.append(side.submit(arrival.job))
    return [(began + arrival.at, one.result()) for arrival, one in zip(arrivals, told, strict=True)]


def _dice() -> random.Random:
    """The same numbers for every side and run."""
    return random.Random(7)  # noqa: S311 - a workload, not a secret
