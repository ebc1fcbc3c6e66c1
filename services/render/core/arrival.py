"""What comes in from Kafka: admissions, and wishes to cancel, in any order and any number."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.contracts import AccountId, JobId, JobStatus, ModelEntry, render_cost
from services.contracts.events import (
    FailureCode,
    JobAdmitted,
    JobCancelled,
    JobFailed,
    JobQueued,
)
from services.kit.documents import Change
from services.render.core.entry import (
    RETENTION,
    Ended,
    Entry,
    Order,
    Running,
    Tombstone,
    Waiting,
    ended,
    line_of,
)

__all__ = ["admit", "expects", "give_up_waiting", "request_cancel"]


def expects(entry: Entry | None) -> bool:
    """True where an admission is news."""
    return entry is None or isinstance(entry, Tombstone)


def admit(
    entry: Entry | None,
    admitted: JobAdmitted,
    *,
    model: ModelEntry | None,
    ticket: float,
    traceparent: str | None,
    now: datetime,
) -> Change[Entry] | None:
    """Into the queue; straight to its end where it was cancelled or nobody serves its `model`."""
    match entry:
        case None if model is None:
            return _refused(admitted, now)
        case None:
            return _queued(admitted, ticket, traceparent, now)
        case Tombstone():
            return _forestalled(admitted, now)
        case Waiting() | Running() | Ended():
            return None
        case _:
            assert_never(entry)


def request_cancel(
    entry: Entry | None, job: JobId, account: AccountId, now: datetime
) -> Change[Entry] | None:
    """A wish that came before its job is kept; one that came after its end changes nothing."""
    match entry:
        case None:
            return Change(Tombstone(account=account, expires_at=now + RETENTION))
        case Waiting():
            return _cancelled(entry, job, now)
        case Running(cancel_requested=False):
            return Change(replace(entry, cancel_requested=True))
        case Running() | Ended() | Tombstone():
            return None
        case _:
            assert_never(entry)


def give_up_waiting(entry: Entry | None, job: JobId, now: datetime) -> Change[Entry] | None:
    """Cancelled, where its time to start has passed."""
    match entry:
        case Waiting(start_by=datetime() as start_by) if start_by <= now:
            return _cancelled(entry, job, now)
        case _:
            return None


def _queued(
    admitted: JobAdmitted, ticket: float, traceparent: str | None, now: datetime
) -> Change[Entry]:
    spec = admitted.spec
    order = Order(
        account=admitted.account,
        lane=admitted.lane,
        pool=spec.pool,
        spec=spec,
        cost=render_cost(spec),
        ticket=ticket,
        queued_at=now,
        traceparent=traceparent,
    )
    waiting = Waiting(
        order=order,
        line=line_of(spec.pool, admitted.lane),
        not_before=now,
        start_by=admitted.start_by,
    )
    event = JobQueued(
        at=now,
        account=admitted.account,
        job=admitted.job,
        lane=admitted.lane,
        pool=spec.pool,
        ticket=ticket,
    )
    return Change(waiting, (event,))


def _refused(admitted: JobAdmitted, now: datetime) -> Change[Entry]:
    event = JobFailed(
        at=now,
        account=admitted.account,
        job=admitted.job,
        code=FailureCode.MODEL_NOT_SERVED,
        detail=f"the model {admitted.spec.model} is not served here",
    )
    return Change(_end_unclaimed(admitted, JobStatus.FAILED, now), (event,))


def _forestalled(admitted: JobAdmitted, now: datetime) -> Change[Entry]:
    event = JobCancelled(at=now, account=admitted.account, job=admitted.job)
    return Change(_end_unclaimed(admitted, JobStatus.CANCELLED, now), (event,))


def _end_unclaimed(admitted: JobAdmitted, status: JobStatus, now: datetime) -> Ended:
    return Ended(
        account=admitted.account,
        lane=admitted.lane,
        status=status,
        claims=0,
        expires_at=now + RETENTION,
    )


def _cancelled(entry: Waiting, job: JobId, now: datetime) -> Change[Entry]:
    event = JobCancelled(at=now, account=entry.order.account, job=job, attempt=entry.tries.claims)
    return Change(ended(entry, JobStatus.CANCELLED, now), (event,))
