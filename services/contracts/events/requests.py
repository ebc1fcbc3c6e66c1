"""`requests`: what gateway has accepted and stored, and the submissions that it refused."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event, Instant
from services.contracts.ids import AccountId, JobId, SubmissionId
from services.contracts.jobs import JobSpec, LighterRender, Origin
from services.contracts.streams import Stream

__all__ = ["JobRequested", "SubmissionRefused"]


class JobRequested(Event):
    """A job waits for admission. `units` is what it costs on the plan's quota."""

    stream: ClassVar[Stream] = Stream.REQUESTS
    account: AccountId
    job: JobId
    plan: str
    account_version: int = Field(
        ge=1, description="Quota uses the newer of this and AccountChanged."
    )
    spec: JobSpec
    units: int = Field(ge=1)
    origin: Origin = Origin.HTTP
    submission: SubmissionId | None = None
    allow_deferred: bool = False
    allow_degraded: bool = False
    lighter: LighterRender | None = Field(
        default=None, description="What it may be cut down to; none where the model has no such."
    )
    start_by: Instant | None = Field(default=None, description="Cancelled if not started by then.")
    reminder: bool = Field(
        default=False,
        description="Asked again, as the job got nowhere: an admission of it is told once more.",
    )

    @property
    def key(self) -> str:
        return self.account


class SubmissionRefused(Event):
    """A producer's submission that became no job, with the code of the error table."""

    stream: ClassVar[Stream] = Stream.REQUESTS
    account: AccountId
    submission: SubmissionId
    code: str
    detail: str

    @property
    def key(self) -> str:
        return self.account
