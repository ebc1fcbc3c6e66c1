"""What others would do with the same fleet, each law from its paper or its source's defaults.

All but `one line` have lanes. Signals are those that ours has: reports once a second.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf

from benchmarks.storm.controls import Ask, Control, Look, Said
from services.contracts import effective_limit

__all__ = ["BASELINES"]

_FREE_WAIT = 120.0
_TIMEOUT = 5.0
_STEEP = 2.0


class Base:
    """Lets everybody in; counts what came in since the last report, and what was inside then."""

    name = "none"
    lanes = True
    defers = False

    def __init__(self) -> None:
        self.look: Look | None = None
        self.since = 0.0
        self.busiest = 0.0

    @property
    def m(self) -> float:
        return 1.0

    def tick(self, now: float, look: Look | None) -> None:
        del now, look

    def hears(self, look: Look) -> None:
        self.busiest = self.inflight
        self.look, self.since = look, 0.0

    def paid(self, now: float, cost: float) -> None:
        del now, cost

    def asks(self, ask: Ask) -> Said:
        said = self.weighs(ask)
        if said is Said.YES:
            self.since += ask.cost
        return said

    def weighs(self, ask: Ask) -> Said:
        del ask
        return Said.YES

    def back_at(self, ask: Ask, said: Said, turns: Sequence[tuple[float, float]]) -> float | None:
        """None of them names a moment."""
        del ask, said, turns
        return None

    @property
    def inflight(self) -> float:
        """Free cost that waits, as far as it is known."""
        return (self.look.free_backlog if self.look else 0.0) + self.since

    @property
    def wait(self) -> float:
        if self.look is None:
            return 0.0
        left = max(self.look.capacity - self.look.paid_rate, 0.05 * self.look.capacity)
        return (self.look.paid_backlog + self.look.free_backlog) / left if left else inf


class OneLine(Base):
    """Three a day, one line for all: what a service without lanes has."""

    name = "3 a day, one line"
    lanes = False


class Static(Base):
    """A limit by hand: lanes, and so many images a day whatever happens."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.name = f"{images} a day, lanes"
        self._images = images

    def weighs(self, ask: Ask) -> Said:
        return Said.YES if ask.wanted <= self._images else Said.LOAD


class Aimd(Base):
    """Netflix concurrency-limits `AIMDLimit`: 20 to 200 in flight, 0.9 on a time-out of 5 s."""

    name = "AIMD"

    def __init__(self) -> None:
        super().__init__()
        self._limit = 20.0

    def hears(self, look: Look) -> None:
        super().hears(look)
        if self.wait > _TIMEOUT:
            self._limit *= 0.9
        elif self.busiest * 2 >= self._limit:
            self._limit += 1
        self._limit = min(200.0, max(20.0, self._limit))

    def weighs(self, ask: Ask) -> Said:
        return Said.YES if self.inflight + ask.cost <= self._limit else Said.FULL


class Gradient2(Base):
    """The same library's `Gradient2Limit`: 20 to 200, tolerance 1.5, queue 4, smoothing 0.2."""

    name = "Gradient2"

    def __init__(self) -> None:
        super().__init__()
        self._limit, self._long = 20.0, 1.0

    def hears(self, look: Look) -> None:
        super().hears(look)
        short = self.wait + 1.0
        self._long += (short - self._long) / 600
        if self._long / short > _STEEP:
            self._long *= 0.95
        if self.busiest * 2 < self._limit:
            return
        gradient = min(1.0, max(0.5, 1.5 * self._long / short))
        self._limit = 0.8 * self._limit + 0.2 * (self._limit * gradient + 4)
        self._limit = min(200.0, max(20.0, self._limit))

    def weighs(self, ask: Ask) -> Said:
        return Said.YES if self.inflight + ask.cost <= self._limit else Said.FULL


class Aperture(Base):
    """FluxNinja Aperture's AIMD load scheduler: the rate of the last 30 s times a multiplier."""

    name = "Aperture-like"

    def __init__(self) -> None:
        super().__init__()
        self._multiplier, self._tokens, self._rate = 1.0, 1.0, 10.0
        self._admitted: list[float] = []
        self._now = 0.0

    def tick(self, now: float, look: Look | None) -> None:
        del look
        self._admitted = [at for at in self._admitted if at > now - 30]
        setpoint = 0.25 * _FREE_WAIT
        if self.wait > setpoint:
            self._multiplier = min(1.0, max(0.1, setpoint / self.wait))
        else:
            self._multiplier = min(2.0, self._multiplier + 0.025)
        self._rate = max(1.0, len(self._admitted) / 30 * self._multiplier)

    def weighs(self, ask: Ask) -> Said:
        self._tokens = min(2 * self._rate, self._tokens + (ask.at - self._now) * self._rate)
        self._now = ask.at
        if self.wait < 1 and self._multiplier >= 1:
            self._admitted.append(ask.at)
            return Said.YES
        if self._tokens < ask.cost:
            return Said.FULL
        self._tokens -= ask.cost
        self._admitted.append(ask.at)
        return Said.YES


class Pi(Base):
    """A PI loop on the quota's multiplier, the wait at a quarter of its promise as its aim."""

    name = "PI on the quota"

    def __init__(self) -> None:
        super().__init__()
        self._m, self._sum = 1.0, 0.0

    @property
    def m(self) -> float:
        return self._m

    def tick(self, now: float, look: Look | None) -> None:
        del now, look
        error = 0.25 - min(4.0, self.wait / _FREE_WAIT)
        self._sum = min(1.0, max(0.0, (self._sum or 1.0) + 0.02 * error))
        self._m = min(1.0, max(0.01, self._sum + 0.1 * error))

    def weighs(self, ask: Ask) -> Said:
        fits = ask.wanted <= effective_limit(ask.images, self._m, ask.h)
        return Said.YES if fits else Said.LOAD


class Dagor(Base):
    """WeChat's DAGOR (SoCC 2018): a level on an hourly user hash, 5 % less or 1 % more a window."""

    name = "DAGOR"

    def __init__(self) -> None:
        super().__init__()
        self._level = 1.0

    @property
    def m(self) -> float:
        return self._level

    def hears(self, look: Look) -> None:
        super().hears(look)
        step = 0.95 if self.wait > 0.2 * _FREE_WAIT else 1.01
        self._level = min(1.0, max(0.001, self._level * step))

    def weighs(self, ask: Ask) -> Said:
        hour = int(ask.at // 3600)
        priority = ((ask.who * 2654435761 + hour * 40503) % 2**32) / 2**32
        return Said.YES if priority <= self._level else Said.FULL


BASELINES: Mapping[str, Callable[[], Control]] = {
    "one-line": OneLine,
    "static-3": lambda: Static(3),
    "static-1": lambda: Static(1),
    "aimd": Aimd,
    "gradient2": Gradient2,
    "aperture": Aperture,
    "pi": Pi,
    "dagor": Dagor,
}
