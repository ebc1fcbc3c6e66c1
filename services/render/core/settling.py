"""What an attempt's outcome means for its job: an end, or another attempt."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from services.contracts import JobId, JobStatus
from services.contracts.events import (
    FailureCode,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobRequeued,
)
from services.kit.documents import Change
from services.render.core.entry import (
    Claim,
    Ended,
    Entry,
    Running,
    Tries,
    Waiting,
    ended,
    held,
    line_of,
)
from services.render.core.outcome import Cancelled, Completed, Crashed, Failed, Outcome, Released
from services.render.core.retry import RetryPolicy

__all__ = ["expire_lease", "keeps_images", "settle"]


def settle(
    entry: Entry | None,
    claim: Claim,
    outcome: Outcome,
    *,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> Change[Entry] | None:
    """None where the attempt no longer holds the job: its outcome came too late.

    A cancel that was noted before the outcome wins over any of them.
    """
    if (running := held(entry, claim)) is None:
        return None
    attempt = _Attempt(running, claim.job, now)
    if running.cancel_requested:
        return attempt.cancelled()
    match outcome:
        case Completed():
            return attempt.completed(outcome)
        case Cancelled():
            return attempt.cancelled()
        case Released(reason=reason):
            return attempt.released(reason)
        case Failed(permanent=True):
            return attempt.failed(outcome.code, outcome.detail, outcome.categories)
        case Failed(code=code):
            return attempt.tried(running.tries, code, policy, jitter)
        case Crashed(reason=reason):
            tries = replace(running.tries, crashes=running.tries.crashes + 1)
            return attempt.tried(tries, reason, policy, jitter)
        case _:
            assert_never(outcome)


def expire_lease(
    entry: Entry | None,
    job: JobId,
    seen: tuple[int, datetime],
    *,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> Change[Entry] | None:
    """Takes the job from a holder whose lease is still as it was `seen`: attempt and end."""
    match entry:
        case Running() if (entry.tries.claims, entry.lease_until) == seen:
            claim = Claim(job=job, worker=entry.worker, attempt=entry.tries.claims)
            outcome = Crashed("lease_expired")
            return settle(entry, claim, outcome, now=now, policy=policy, jitter=jitter)
        case _:
            return None


def keeps_images(entry: Entry | None, claim: Claim) -> bool:
    """Whether the pictures of this attempt are, or may yet become, the job's own.

    Asked after a save whose answer may have got lost, so the end may be of our own making.
    """
    match entry:
        case Ended(status=JobStatus.COMPLETED, claims=claim.attempt):
            return True
        case _:
            return held(entry, claim) is not None


@dataclass(frozen=True)
class _Attempt:
    """An attempt at its end, and the changes that it may come to."""

    running: Running
    job: JobId
    now: datetime

    def completed(self, outcome: Completed) -> Change[Entry]:
        event = JobCompleted(
            at=self.now,
            account=self.running.order.account,
            job=self.job,
            attempt=self.running.tries.claims,
            images=outcome.images,
            seconds=max(0.0, (self.now - self.running.since).total_seconds()),
        )
        return Change(ended(self.running, JobStatus.COMPLETED, self.now), (event,))

    def cancelled(self) -> Change[Entry]:
        event = JobCancelled(
            at=self.now,
            account=self.running.order.account,
            job=self.job,
            attempt=self.running.tries.claims,
        )
        return Change(ended(self.running, JobStatus.CANCELLED, self.now), (event,))

    def failed(
        self, code: FailureCode, detail: str, categories: tuple[str, ...] = ()
    ) -> Change[Entry]:
        event = JobFailed(
            at=self.now,
            account=self.running.order.account,
            job=self.job,
            attempt=self.running.tries.claims,
            code=code,
            detail=detail,
            categories=categories,
        )
        return Change(ended(self.running, JobStatus.FAILED, self.now), (event,))

    def released(self, reason: str) -> Change[Entry]:
        tries = replace(self.running.tries, spent=self.running.tries.spent - 1)
        return self.requeued(tries, reason, self.now)

    def tried(self, tries: Tries, reason: str, policy: RetryPolicy, jitter: float) -> Change[Entry]:
        tries = replace(tries, reasons=(*tries.reasons, reason))
        if policy.exhausted(tries.spent):
            # The end says all: a dead letter could only be replayed into it (ADR 0015).
            detail = f"{tries.spent} attempts failed: {', '.join(tries.reasons)}"
            return self.failed(FailureCode.POISON, detail)
        return self.requeued(tries, reason, self.now + policy.pause(tries.spent, jitter))

    def requeued(self, tries: Tries, reason: str, not_before: datetime) -> Change[Entry]:
        order = self.running.order
        waiting = Waiting(
            order=order, line=line_of(order.pool, order.lane), not_before=not_before, tries=tries
        )
        event = JobRequeued(
            at=self.now,
            account=order.account,
            job=self.job,
            attempt=tries.claims,
            reason=reason,
            not_before=not_before,
        )
        return Change(waiting, (event,))
