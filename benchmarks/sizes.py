"""How much each measurement does: the defaults are what the documents hold."""

from dataclasses import dataclass

__all__ = ["Figures", "Sizes"]

Figures = dict[str, float]
"""What was measured, by a name that says the unit."""


@dataclass(frozen=True)
class Sizes:
    """Counts, unless the name says seconds.

    `pictures` is for the ratio; `rounds` for that and for the engine's sides in turns.
    """

    idle_jobs: int = 60
    half_load_seconds: float = 45.0
    pictures: int = 16
    rounds: int = 3
    noop_jobs: int = 1_500
    soak_jobs: int = 20_000
    soak_look: int = 2_000
    decisions: int = 3_000
    accounts: int = 8
    open_jobs: int = 4
    rest_seconds: float = 20.0
    engine_jobs: int = 64
    compute_jobs: int = 16
    arrival_seconds: float = 60.0
    overload_seconds: float = 600.0
    engine_tries: int = 10
    wrk_seconds: float = 10.0
    held_calls: int = 1_000
    photos: int = 100
    pushed_jobs: int = 100
    streams: int = 2_000
    submissions: int = 500
    users: int = 1_000_000
    seeds: int = 5
