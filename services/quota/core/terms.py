"""A plan's terms at one moment: its own data, and the limits that are in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.contracts import Lane, effective_limit
from services.contracts.events import Heat, LimitsChanged
from services.quota.core.law import DEFAULTS, Constants
from services.quota.core.plan import Plan, Plans

__all__ = ["Book", "Terms"]


@dataclass(frozen=True)
class Terms:
    """What decides one request: the plan, and m with its story."""

    plan: Plan
    m: float = 1.0
    version: int = 0
    heat: Heat = Heat.COOL
    cause: str = ""
    expected_end: datetime | None = None
    expected_end_latest: datetime | None = None
    k: Constants = DEFAULTS

    @property
    def lane(self) -> Lane:
        return self.plan.lane

    def limit(self, h: float) -> int:
        """In force now, in units, for the account with this hash offset."""
        return effective_limit(self.plan.images, self.m, h)

    def leaves_at(self, granted_at: datetime) -> datetime:
        """When units granted now leave the window, rounded up as the plan says."""
        exact = granted_at + timedelta(seconds=self.plan.window_seconds)
        if not self.plan.rounding_seconds:
            return exact
        step = timedelta(seconds=self.plan.rounding_seconds)
        beyond = (exact - datetime.min.replace(tzinfo=exact.tzinfo)) % step
        return exact + (step - beyond) % step


@dataclass(frozen=True)
class Book:
    """The plans, and the latest `LimitsChanged` by `plan/pool`. No news of a plan means m = 1."""

    plans: Plans
    limits: Mapping[str, LimitsChanged] = field(default_factory=dict)
    k: Constants = DEFAULTS

    def terms(self, plan_id: str, pool: str) -> Terms | None:
        """None for a plan that is not in the book."""
        if (plan := self.plans.find(plan_id)) is None:
            return None
        if (said := self.limits.get(f"{plan_id}/{pool}")) is None:
            return Terms(plan, k=self.k)
        return Terms(
            plan,
            m=said.m if plan.adaptive else 1.0,
            version=said.version,
            heat=said.heat,
            cause=said.cause,
            expected_end=said.expected_end,
            expected_end_latest=said.expected_end_latest,
            k=self.k,
        )
