"""`renders`: the story of a job after its admission, with exactly one end."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event, Instant
from services.contracts.ids import AccountId, JobId
from services.contracts.jobs import ImageRef, Lane
from services.contracts.streams import Stream

__all__ = [
    "FailureCode",
    "JobCancelled",
    "JobCompleted",
    "JobDeferred",
    "JobFailed",
    "JobQueued",
    "JobRequeued",
    "JobStarted",
]


class FailureCode(StrEnum):
    MODEL_NOT_SERVED = "model_not_served"
    INVALID_SPEC = "invalid_spec"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_A_PICTURE = "not_a_picture"
    RENDER_ERROR = "render_error"
    POISON = "render_poison"
    CONTENT_REFUSED = "content_refused"


class _Render(Event):
    stream: ClassVar[Stream] = Stream.RENDERS
    account: AccountId
    job: JobId
    attempt: int = Field(default=0, ge=0, description="0 before the first claim.")

    @property
    def key(self) -> str:
        return self.account


class JobQueued(_Render):
    """In the queue. Lower tickets of the same lane go first."""

    lane: Lane
    pool: str
    ticket: float


class JobStarted(_Render):
    worker: str


class JobRequeued(_Render):
    """The attempt ended without an end; another follows, not before `not_before`."""

    reason: str
    not_before: Instant


class JobDeferred(_Render):
    """Moved to the deferred lane: drawn when the fleet cools."""

    reason: str
    expected_at: Instant | None = None


class JobCompleted(_Render):
    images: tuple[ImageRef, ...] = Field(min_length=1)
    seconds: float = Field(ge=0, description="From the claim to the stored images.")


class JobFailed(_Render):
    code: FailureCode
    detail: str
    categories: tuple[str, ...] = Field(
        default=(), description="Under which a moderator refused the pictures."
    )


class JobCancelled(_Render):
    pass
