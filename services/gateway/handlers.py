"""Decisions and renders become the job projection: load, project, save."""

from services.contracts import Envelope, Event, JobId
from services.gateway.repository import Jobs
from services.kit.telemetry import metrics

__all__ = ["Projection"]


class Projection:
    """The handler of gateway's group. A job that has left the database is left alone."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def __call__(self, envelope: Envelope[Event]) -> None:
        job = getattr(envelope.data, "job", None)
        if not isinstance(job, JobId):
            return
        before, after = await self._jobs.apply(job, (envelope.data,))
        if before and after and after.ended_at and not before.ended_at:
            seconds = (after.ended_at - after.created_at).total_seconds()
            metrics.JOB_SECONDS.record(max(0.0, seconds), plan=after.plan, status=after.status)
