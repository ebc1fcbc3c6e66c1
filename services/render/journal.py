"""One line in the log and one figure in the metrics for each step of a job's life."""

from datetime import datetime

import structlog

from services.contracts import Event
from services.contracts.events import (
    FailureCode,
    JobCancelled,
    JobCompleted,
    JobDeferred,
    JobFailed,
    JobQueued,
    JobRequeued,
    JobStarted,
)
from services.kit.documents import Change
from services.kit.telemetry import metrics
from services.render.core import Ended, Entry, Running, Waiting

__all__ = ["tell"]

_log = structlog.get_logger("render")


def tell(job: str, before: Entry | None, change: Change[Entry]) -> None:
    """What became of a job; nothing where only a lease was renewed."""
    for event in change.events:
        _record(job, before, change.state, event)
    if isinstance(change.state, Ended):
        metrics.JOBS_ENDED.add(1, lane=change.state.lane, status=change.state.status)


def _record(job: str, before: Entry | None, after: Entry, event: Event) -> None:
    match event:
        case JobQueued():
            _log.info("job_queued", job=job, lane=event.lane, ticket=round(event.ticket, 3))
        case JobDeferred():
            _log.warning("job_deferred", job=job, reason=event.reason)
        case JobStarted():
            _log.info("job_started", job=job, attempt=event.attempt, worker=event.worker)
            if isinstance(after, Running):
                _claimed(after)
        case JobRequeued():
            metrics.REQUEUES.add(1, reason=event.reason)
            _log.info(
                "job_requeued",
                job=job,
                attempt=event.attempt,
                reason=event.reason,
                pause_seconds=(event.not_before - event.at).total_seconds(),
            )
            _attempted(before, "requeued", event.at)
        case JobCompleted():
            _log.info(
                "job_completed",
                job=job,
                attempt=event.attempt,
                images=len(event.images),
                seconds=round(event.seconds, 3),
            )
            _attempted(before, "completed", event.at)
        case JobFailed():
            _log.warning(
                "job_failed", job=job, attempt=event.attempt, code=event.code, detail=event.detail
            )
            _failed(before, event)
        case JobCancelled():
            _log.info("job_cancelled", job=job, attempt=event.attempt)
            _attempted(before, "cancelled", event.at)


def _claimed(entry: Running) -> None:
    lane = entry.order.lane
    metrics.CLAIMS.add(1, lane=lane)
    waited = (entry.since - entry.order.queued_at).total_seconds()
    metrics.QUEUE_WAIT_SECONDS.record(max(0.0, waited), lane=lane)


def _failed(before: Entry | None, event: JobFailed) -> None:
    if event.code is FailureCode.POISON and isinstance(before, Running | Waiting):
        metrics.POISONED_JOBS.add(1, model=before.order.spec.model)
    _attempted(before, "failed", event.at)


def _attempted(before: Entry | None, status: str, at: datetime) -> None:
    if isinstance(before, Running):
        seconds = max(0.0, (at - before.since).total_seconds())
        metrics.RENDER_SECONDS.record(seconds, model=before.order.spec.model, status=status)
