"""One pool's limits: the law's memory, what operators have said, and what was announced."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.contracts.events import LimitsChanged
from services.quota.core.law import LawState
from services.quota.core.plan import Plan

__all__ = ["DEFAULT_POOL", "Hold", "HoldKind", "PoolLimits", "limits_id"]

DEFAULT_POOL = "default"

_MOST_HOLDS = 100


class HoldKind(StrEnum):
    HOLD = "hold"
    """The multiplier is this, whatever the law says."""
    CAP = "cap"
    """It is this at most."""
    RELEASE = "release"
    """The law's own again."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What an operator said of a plan's multiplier: who, when, until when, and why."""

    plan: str
    kind: HoldKind
    m: float
    at: datetime
    until: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """One document: whoever changes it by compare-and-set has seen all of it.

    `holds` are kept when they are over, newest last: they are the audit.
    """

    pool: str = DEFAULT_POOL
    law: LawState = field(default_factory=LawState)
    holds: tuple[Hold, ...] = ()
    announced: tuple[LimitsChanged, ...] = ()

    def said_of(self, plan: str) -> LimitsChanged | None:
        return next((said for said in self.announced if said.plan == plan), None)

    def hold_of(self, plan: str, now: datetime) -> Hold | None:
        """The one in force, if any."""
        newest = next((hold for hold in reversed(self.holds) if hold.plan == plan), None)
        if newest is None or newest.kind is HoldKind.RELEASE or newest.until <= now:
            return None
        return newest

    def m_of(self, plan: Plan, now: datetime) -> float:
        """The multiplier in force for a plan."""
        if not plan.adaptive:
            return 1.0
        hold = self.hold_of(plan.id, now)
        if hold is None:
            return self.law.m
        return hold.m if hold.kind is HoldKind.HOLD else min(hold.m, self.law.m)

    def holding(self, hold: Hold) -> "PoolLimits":
        return replace(self, holds=(*self.holds, hold)[-_MOST_HOLDS:])

    def announcing(self, said: LimitsChanged) -> "PoolLimits":
        others = tuple(one for one in self.announced if one.plan != said.plan)
        return replace(self, announced=(*others, said))


def limits_id(plan: Plan, pool: str = DEFAULT_POOL) -> str:
    return f"{plan.id}/{pool}"
