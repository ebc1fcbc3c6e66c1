"""`decisions`: quota's answer to each request."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from services.contracts.event import Data, Event, Instant
from services.contracts.ids import AccountId, JobId
from services.contracts.jobs import JobSpec, Lane
from services.contracts.streams import Stream

__all__ = ["JobAdmitted", "JobRejected", "Offer", "QuotaFacts", "Rule"]


class Rule(StrEnum):
    """Why quota refused."""

    WINDOW = "window"
    LOAD = "load"
    FLEET_FULL = "fleet_full"
    CONCURRENCY = "concurrency"
    REQUEST_TOO_LARGE = "request_too_large"
    ACCOUNT_INACTIVE = "account_inactive"
    UNKNOWN_PLAN = "unknown_plan"


class Offer(StrEnum):
    """What may be had instead of a refusal."""

    DEFERRED = "deferred"
    DEGRADED = "degraded"


class QuotaFacts(Data):
    """The arithmetic of one decision. All in units; times are instants."""

    plan: str
    window_seconds: int = Field(gt=0)
    limit: int = Field(ge=0, description="In force at the decision.")
    limit_normally: int = Field(ge=0, description="The plan's own, when the fleet is cool.")
    used: int = Field(ge=0, description="Within the window, before this job.")
    units: int = Field(ge=1)
    m: float = Field(default=1.0, ge=0, le=1, description="The published multiplier.")
    limits_version: int = Field(default=0, ge=0)

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


class JobAdmitted(Event):
    """The job may be drawn; it carries all that render needs."""

    stream: ClassVar[Stream] = Stream.DECISIONS
    account: AccountId
    job: JobId
    lane: Lane
    spec: JobSpec
    quota: QuotaFacts
    start_by: Instant | None = None
    degraded: bool = Field(
        default=False, description="The spec is the request's lighter render, as it allowed."
    )
    expected_at: Instant | None = Field(
        default=None, description="When a deferred job should be drawn; none if nobody can say."
    )

    @property
    def key(self) -> str:
        return self.account


class JobRejected(Event):
    """The job's end: refused, with the rule, the reason and when to come back."""

    stream: ClassVar[Stream] = Stream.DECISIONS
    account: AccountId
    job: JobId
    rule: Rule
    reason: str = Field(description="One sentence for the person who asked.")
    quota: QuotaFacts
    resets_at: Instant | None = Field(default=None, description="When the window is empty again.")
    retry_at: Instant | None = Field(
        default=None,
        description="When these units would fit; none if they never will, or if nobody can know.",
    )
    offers: tuple[Offer, ...] = Field(
        default=(), description="What the same request would get if its caller allowed it."
    )

    @property
    def key(self) -> str:
        return self.account
