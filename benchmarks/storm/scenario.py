"""What happens in a storm: load over time, as a multiple of what the base fleet can draw."""

from collections.abc import Callable
from dataclasses import dataclass, replace

__all__ = ["Scenario", "sized", "step"]

Curve = Callable[[float], float]
"""First requests of free accounts at a second, as a multiple of the base fleet's capacity."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Times in seconds. The overload is judged between `begins` and `ends`.

    `paid` is the paid load as a share of the base capacity, `delay` how old load reports are when
    they arrive, `silent` when none do, `lost` when how many workers die, `step` the simulation's.
    With `odd_retry` accounts of odd number come back up to ten times, the others never; with
    `oracle` the scaler knows what will be asked for once its workers are there.
    """

    name: str
    free: Curve
    begins: float
    ends: float
    until: float
    users: int = 1_000_000
    images_per_second: float = 20.0
    workers: int = 20
    most_workers: int = 40
    scale_delay: float = 240.0
    paid: Curve = lambda _: 0.3
    delay: float = 1.0
    silent: tuple[float, float] | None = None
    lost: tuple[float, int] | None = None
    images: int = 3
    step: float = 0.5
    odd_retry: bool = False
    oracle: bool = False


def step(
    times: float,
    *,
    begins: float = 600.0,
    ends: float = 4200.0,
    until: float = 5400.0,
    calm: float = 0.3,
    ramp: float = 0.0,
) -> Scenario:
    """All load `times` the base capacity between two moments, before and after 0.6 of it."""

    def free(now: float) -> float:
        if now < begins or now >= ends:
            return calm
        rise = min(1.0, (now - begins) / ramp) if ramp else 1.0
        return calm + (times - 0.3 - calm) * rise

    return Scenario(name=f"{times:g}x", free=free, begins=begins, ends=ends, until=until)


def sized(scenario: Scenario, users: int) -> Scenario:
    """The same with a fleet that fits fewer users."""
    rate = scenario.images_per_second * users / scenario.users
    return replace(scenario, users=users, images_per_second=rate)
