"""What becomes of a job that nobody answers: quota is asked again, later each time."""

from dataclasses import replace
from datetime import datetime

from services.contracts.events import JobRequested
from services.gateway.core.job import Job

__all__ = ["remind", "requested"]

_ANY_VERSION = 1
"""The account's first: whatever quota has heard of the account is as new or newer."""


def requested(job: Job, account_version: int) -> JobRequested:
    """The event that asks quota for this job."""
    return JobRequested(
        at=job.created_at,
        account=job.account,
        job=job.id,
        plan=job.plan,
        account_version=account_version,
        spec=job.spec,
        units=job.units,
        origin=job.origin,
        submission=job.submission,
        allow_deferred=job.allow_deferred,
        allow_degraded=job.allow_degraded,
        lighter=job.lighter,
        start_by=job.start_by,
    )


def remind(job: Job, now: datetime) -> tuple[Job, tuple[JobRequested, ...]] | None:
    """Asks again, and next when the job is twice as old; none while that is not due.

    A job waits for an answer although its event was published: the event is lost to its reader,
    by retention or with its topic, or the reader is far behind and will find it known.
    """
    if job.remind_at is None or job.remind_at > now:
        return None
    event = requested(job, _ANY_VERSION).model_copy(update={"reminder": True})
    return replace(job, remind_at=now + (now - job.created_at)), (event,)
