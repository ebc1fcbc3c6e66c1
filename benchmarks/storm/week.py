"""`viral-week`: the ten days this project began with, for a million users and a fleet to match.

Publicly reported: the launch on 25 March 2025; limits by hand on the 27th ("our GPUs are melting");
a million sign-ups within one hour on the 31st; 130 million users and 700 million images by 3 April.
Assumed between them: one user in 130 is simulated; demand doubles within a day of the launch,
swings by half between night and day, jumps to tenfold for that hour and falls by half in two days;
paid users make 30 % of the base fleet's load; the fleet grows to three times its size, an hour for
each order of workers. 700 million images in nine days are 6.9 a second for a million users: the
base fleet draws 4, the grown one 12.
"""

import math

from benchmarks.storm.baselines import Base
from benchmarks.storm.controls import Ask, Said
from benchmarks.storm.scenario import Scenario

__all__ = ["ByHand", "viral_week"]

DAY = 86_400.0
_HOUR = 3_600.0
_BY_HAND = 2 * DAY + 18 * _HOUR
_IMAGES_BY_HAND = 3
_SPIKE = 6 * DAY + 17 * _HOUR


def viral_week(users: int = 1_000_000) -> Scenario:
    """From midnight of 25 March 2025 (UTC) to the end of 3 April; smaller for fewer users."""
    return Scenario(
        name="viral-week",
        free=_demand,
        begins=0.5 * DAY,
        ends=10 * DAY,
        until=10 * DAY,
        users=users,
        images_per_second=4.0 * users / 1_000_000,
        workers=16,
        most_workers=48,
        scale_delay=_HOUR,
        step=5.0,
    )


def _demand(now: float) -> float:
    """First requests of free users, as a multiple of the base fleet's capacity."""
    grown = 4.0 / (1 + math.exp(-(now - 1.5 * DAY) / (0.4 * DAY)))
    later = math.exp(-max(0.0, now - 5 * DAY) / (4 * DAY))
    day = 1 + 0.5 * math.sin(2 * math.pi * (now / DAY - 0.35))
    return 0.2 + (grown * later + _spike(now)) * day


def _spike(now: float) -> float:
    """A million sign-ups in an hour, and what is left of them."""
    since = now - _SPIKE
    if since < 0:
        return 0.0
    return 6.0 if since < _HOUR else 2.0 * math.exp(-since / (2 * DAY))


class ByHand(Base):
    """What was done: nothing for two days, then three images a day, to the end."""

    name = "limits by hand"

    def weighs(self, ask: Ask) -> Said:
        return Said.YES if ask.at < _BY_HAND or ask.wanted <= _IMAGES_BY_HAND else Said.LOAD
