"""What the law remembers between two ticks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.contracts.events import Heat

__all__ = ["LawState", "Mode"]


class Mode(StrEnum):
    """Why the multiplier is what it is; what `LimitsChanged.rule` says."""

    PLAN = "plan"
    """The plans' own limits: m is 1."""
    LOAD = "load"
    """The fleet is or was too hot: m follows the budget."""
    STALE = "stale"
    """Nobody tells how hot it is: m is held, then sinks."""
    HELD = "held"
    """An operator has said what m is."""


@dataclass(frozen=True, kw_only=True)
class LawState:
    """`m` is the multiplier in force, `smooth` the filtered one that it follows.

    `hot_for`, `loose_for` and `calm_for` are seconds, summed up tick by tick: no two clocks are
    ever compared. In megapixel-steps per second, `budget` is what adaptive plans may bring in now,
    `room` what they could for long, `wanted` what they ask for.
    `ends_in` is in how many seconds m should be 1 again; none where nobody can say.
    """

    at: datetime | None = None
    m: float = 1.0
    smooth: float = 1.0
    mode: Mode = Mode.PLAN
    since: datetime | None = None
    hot_for: float = 0.0
    loose_for: float = 0.0
    calm_for: float = 0.0
    budget: float = 0.0
    room: float = 0.0
    wanted: float = 0.0
    heat: Heat = Heat.COOL
    free_wait: float = 0.0
    ends_in: float | None = None

    @property
    def tight(self) -> bool:
        return self.mode is not Mode.PLAN
