"""What gateway makes of the events that it hears as a group: load, decide, save."""

from services.contracts import Envelope, Event, JobId
from services.contracts.events import AccountErased
from services.gateway.repository import Jobs
from services.kit.erasures import Erasures
from services.kit.telemetry import metrics

__all__ = ["Handlers", "Projection"]


class Projection:
    """Decisions and renders become jobs; one that has left the database is left alone."""

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


class Handlers:
    """The handler of gateway's group."""

    def __init__(self, projection: Projection, erasures: Erasures) -> None:
        self._projection = projection
        self._erasures = erasures

    async def __call__(self, envelope: Envelope[Event]) -> None:
        match envelope.data:
            case AccountErased() as erased:
                await self._erasures.heard(erased.account, erased.service)
            case _:
                await self._projection(envelope)
