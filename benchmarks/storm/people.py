"""A population: who asks how often, who comes back after a refusal, and what they have used."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY", "Manner", "Mix", "People"]

DAY = 86_400.0
_GOLDEN = 0.6180339887498949


class Manner(StrEnum):
    """What somebody does who was refused; who waits has allowed to be deferred instead."""

    LEAVES = "leaves"
    WAITS = "waits"
    POLITE = "polite"
    TRIES = "tries"
    SPAMS = "spams"


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Shares of the population. Heavy users are the first 5 % and make 40 % of all requests."""

    heavy: float = 0.05
    heavy_requests: float = 0.4
    manners: tuple[tuple[Manner, float], ...] = (
        (Manner.LEAVES, 0.4),
        (Manner.WAITS, 0.1),
        (Manner.POLITE, 0.3),
        (Manner.TRIES, 0.15),
        (Manner.SPAMS, 0.05),
    )


@dataclass
class People:
    """`count` accounts of a plan of `images` in a rolling day."""

    count: int
    images: int
    dice: np.random.Generator
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        self._first: NDArray[np.float64] = self.dice.random(self.count)
        self._second: NDArray[np.float64] = self.dice.random(self.count)
        self._held: dict[int, list[float]] = {}
        shares = [share for _, share in self.mix.manners]
        self._manners = self.dice.choice(len(shares), self.count, p=shares).astype(np.int8)

    def arrivals(self, mean: float) -> list[int]:
        """Who asks for the first time in a moment in which `mean` do on average."""
        number = int(self.dice.poisson(mean))
        heavy = int(self.mix.heavy * self.count)
        some = int(self.dice.binomial(number, self.mix.heavy_requests))
        first = self.dice.integers(0, heavy, some)
        others = self.dice.integers(heavy, self.count, number - some)
        return [*first.tolist(), *others.tolist()]

    def manner(self, who: int) -> Manner:
        return self.mix.manners[int(self._manners[who])][0]

    def used(self, who: int, now: float) -> int:
        """Images of the last day."""
        if (held := self._held.get(who)) is None:
            return 0
        if held[0] <= now - DAY:
            held[:] = [at for at in held if at > now - DAY]
            if not held:
                del self._held[who]
                return 0
        return len(held)

    def frees_at(self, who: int) -> float:
        """When the oldest of those leaves the window."""
        return self._held[who][0] + DAY

    def uses(self, who: int, now: float) -> None:
        self._held.setdefault(who, []).append(now)

    def offset(self, who: int, now: float) -> float:
        """The account's h, which turns at its own hour: `contracts.hash_offset`."""
        days = math.floor(now / DAY + self._second[who])
        return float((self._first[who] + days * _GOLDEN) % 1.0)

    def turns(self, who: int, now: float) -> list[tuple[float, float]]:
        """When the offset is another within three days, and what it is then."""
        first = (math.floor(now / DAY + self._second[who]) + 1 - self._second[who]) * DAY
        moments = [float(first + day * DAY) for day in range(3)]
        return [(at, self.offset(who, at + 1)) for at in moments]
