"""The order of a job's events: phase, then attempt, then step; ends are final."""

from services.contracts.event import Event
from services.contracts.events import (
    JobAdmitted,
    JobCancelled,
    JobCompleted,
    JobDeferred,
    JobFailed,
    JobProgressed,
    JobQueued,
    JobRejected,
    JobRequested,
    JobRequeued,
    JobStarted,
)
from services.contracts.jobs import JobStatus, Lane

__all__ = ["END_RANK", "Rank", "job_rank", "job_status"]

Rank = tuple[int, int, int, int]
"""(phase, attempt, stage within the attempt, step); compares as tuples do."""

END_RANK: Rank = (9, 0, 0, 0)


def job_rank(event: Event) -> Rank | None:
    """Where an event stands in its job's life; none for events that are no job's."""
    match event:
        case JobRequested():
            return (0, 0, 0, 0)
        case JobAdmitted():
            return (1, 0, 0, 0)
        case JobQueued():
            return (2, 0, 0, 0)
        case JobDeferred():
            return (2, event.attempt, 3, 0)
        case JobStarted():
            return (2, event.attempt, 1, 0)
        case JobProgressed():
            return (2, event.attempt, 1, event.step)
        case JobRequeued():
            return (2, event.attempt, 2, 0)
        case JobRejected() | JobCompleted() | JobFailed() | JobCancelled():
            return END_RANK
        case _:
            return None


def job_status(event: Event) -> JobStatus | None:
    """The status that a job has after an event; none for events that are no job's."""
    match event:
        case JobRequested():
            return JobStatus.SUBMITTED
        case JobAdmitted() | JobQueued() if event.lane is Lane.DEFERRED:
            return JobStatus.DEFERRED
        case JobAdmitted() | JobQueued() | JobRequeued():
            return JobStatus.QUEUED
        case JobDeferred():
            return JobStatus.DEFERRED
        case JobStarted() | JobProgressed():
            return JobStatus.RUNNING
        case JobCompleted():
            return JobStatus.COMPLETED
        case JobRejected():
            return JobStatus.REJECTED
        case JobFailed():
            return JobStatus.FAILED
        case JobCancelled():
            return JobStatus.CANCELLED
        case _:
            return None
