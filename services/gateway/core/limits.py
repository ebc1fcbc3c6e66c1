"""What an account may use right now, from what quota has told: its usage and its plan's limits."""

from dataclasses import dataclass
from datetime import datetime

from services.contracts import AccountId, effective_limit, hash_offset
from services.contracts.events import Heat, LimitsChanged, UsageChanged

__all__ = ["Allowance", "PlanLimit", "allowance", "plan_limit"]


@dataclass(frozen=True)
class PlanLimit:
    """A plan's limit in force for everyone, in units. `until`: when the cause should be over."""

    plan: str
    pool: str
    window_seconds: int
    limit: int
    limit_normally: int
    concurrency: int
    adaptive: bool
    m: float
    heat: Heat
    rule: str
    cause: str
    since: datetime
    until: datetime | None
    until_latest: datetime | None


@dataclass(frozen=True)
class Allowance:
    """One account's share of its plan's limit.

    `resets_at`: when nothing of what is used now counts any more; `frees_at`: when the first of it
    leaves the window. `running`: jobs without an end.
    """

    terms: PlanLimit
    used: int
    running: int
    resets_at: datetime | None
    frees_at: datetime | None

    @property
    def left(self) -> int:
        return max(0, self.terms.limit - self.used)


def plan_limit(limits: LimitsChanged, h: float = 0.0) -> PlanLimit:
    m = limits.m if limits.adaptive else 1.0
    return PlanLimit(
        plan=limits.plan,
        pool=limits.pool,
        window_seconds=limits.window_seconds,
        limit=effective_limit(limits.images, m, h),
        limit_normally=limits.images,
        concurrency=limits.concurrency,
        adaptive=limits.adaptive,
        m=m,
        heat=limits.heat,
        rule=limits.rule,
        cause=limits.cause,
        since=limits.since,
        until=limits.expected_end,
        until_latest=limits.expected_end_latest,
    )


def allowance(
    limits: LimitsChanged, account: AccountId, usage: UsageChanged | None, now: datetime
) -> Allowance:
    grants = usage.grants if usage else ()
    counting = [grant for grant in grants if grant.leaves_at > now]
    leaving = [grant.leaves_at for grant in counting if grant.units]
    return Allowance(
        terms=plan_limit(limits, hash_offset(account, now)),
        used=sum(grant.units for grant in counting),
        running=sum(grant.open for grant in grants),
        resets_at=max(leaving, default=None),
        frees_at=min(leaving, default=None),
    )
