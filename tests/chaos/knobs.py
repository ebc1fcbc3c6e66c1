"""How much, with which dice, against whom: what a longer or another run of the rows is told."""

import os
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Self

__all__ = ["KNOBS", "Knobs"]

_PREFIX = "HEATSINK_CHAOS_"


@dataclass(frozen=True)
class Knobs:
    """`scale` multiplies counts of kills, jobs and clients. The rest shapes the row of any mix.

    `victims` and `faults` are what its dice choose among, `every` and `seconds` its rhythm.
    """

    scale: float = 1.0
    seed: int = 0
    victims: tuple[str, ...] = ("gateway", "quota", "render", "worker", "engine", "notify")
    faults: tuple[str, ...] = ("kill", "freeze", "terminate")
    every: float = 2.0
    seconds: float = 12.0
    rate: float = 6.0

    @classmethod
    def taken(cls, environ: MutableMapping[str, str]) -> Self:
        """From `HEATSINK_CHAOS_<FIELD>`; lists by commas. Without a seed, one is thrown.

        They are gone from the environment then: a service refuses a setting that it doesn't know.
        """

        def told(name: str) -> str | None:
            return environ.pop(f"{_PREFIX}{name}", None) or None

        def several(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
            value = told(name)
            return tuple(part.strip() for part in value.split(",")) if value else default

        return cls(
            scale=float(told("SCALE") or cls.scale),
            seed=int(told("SEED") or secrets.randbelow(1_000_000)),
            victims=several("VICTIMS", cls.victims),
            faults=several("FAULTS", cls.faults),
            every=float(told("EVERY") or cls.every),
            seconds=float(told("SECONDS") or cls.seconds),
            rate=float(told("RATE") or cls.rate),
        )

    def times(self, count: float) -> int:
        return max(1, round(count * self.scale))


KNOBS = Knobs.taken(os.environ)
