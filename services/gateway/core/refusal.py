"""How a rejection by quota is told to whoever asked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts.events import QuotaFacts, Rule
from services.gateway.core.job import Job, Rejection

__all__ = ["Refusal", "RefusalCode", "refusal"]

PATIENCE = timedelta(seconds=60)
"""Clients retry by themselves when the wait is no longer than this."""

SOON = 2.0
"""Seconds to wait for a slot that opens when a running job ends, which nobody can foretell."""


class RefusalCode(StrEnum):
    """Codes of the error table."""

    QUOTA_EXHAUSTED = "quota_exhausted"
    LOAD_SHED = "load_shed"
    CONCURRENCY_LIMIT = "concurrency_limit"
    REQUEST_TOO_LARGE = "request_too_large"
    ACCOUNT_SUSPENDED = "account_suspended"
    UNKNOWN_PLAN = "unknown_plan"


_CODES: Mapping[Rule, RefusalCode] = {
    Rule.WINDOW: RefusalCode.QUOTA_EXHAUSTED,
    Rule.LOAD: RefusalCode.LOAD_SHED,
    Rule.FLEET_FULL: RefusalCode.LOAD_SHED,
    Rule.CONCURRENCY: RefusalCode.CONCURRENCY_LIMIT,
    Rule.REQUEST_TOO_LARGE: RefusalCode.REQUEST_TOO_LARGE,
    Rule.ACCOUNT_INACTIVE: RefusalCode.ACCOUNT_SUSPENDED,
    Rule.UNKNOWN_PLAN: RefusalCode.UNKNOWN_PLAN,
}


@dataclass(frozen=True)
class Refusal:
    """`retry_after` in whole seconds, at least the time left; none where waiting won't help.

    `again`: a client may try again by itself.
    """

    code: RefusalCode
    rejection: Rejection
    quota: QuotaFacts
    retry_after: int | None
    again: bool


def refusal(job: Job, now: datetime) -> Refusal:
    """The refusal of a job that was rejected. Raises ValueError for any other."""
    if job.rejection is None or job.quota is None:
        raise ValueError(f"{job.id} was not rejected")
    retry_after = _retry_after(job, job.rejection, now)
    again = retry_after is not None and retry_after <= PATIENCE.total_seconds()
    return Refusal(_CODES[job.rejection.rule], job.rejection, job.quota, retry_after, again)


def _retry_after(job: Job, rejection: Rejection, now: datetime) -> int | None:
    if rejection.retry_at is not None:
        return max(1, math.ceil((rejection.retry_at - now).total_seconds()))
    if rejection.rule is Rule.CONCURRENCY:
        return math.ceil(SOON + _spread(job))
    return None


def _spread(job: Job) -> float:
    """0 to 3 s, different for each job, so that refused clients don't all come back at once."""
    return int(job.id[-4:], 16) % 4
