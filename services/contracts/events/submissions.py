"""`submissions`: what event producers ask for. Strangers write here: nothing is trusted."""

from typing import ClassVar

from pydantic import Field, SecretStr, field_serializer

from services.contracts.event import Event, Instant
from services.contracts.ids import AccountId, JobId, SubmissionId, UploadId
from services.contracts.jobs import PictureFormat
from services.contracts.streams import Stream

__all__ = ["CancelSubmitted", "JobSubmitted"]


class _Submission(Event):
    stream: ClassVar[Stream] = Stream.SUBMISSIONS
    account: AccountId
    submission: SubmissionId = Field(description="The producer's own id: the same id, one job.")
    token: SecretStr = Field(description="Proves that the producer may act for the account.")

    @property
    def key(self) -> str:
        return self.account

    @field_serializer("token", when_used="json")
    def _reveal(self, token: SecretStr) -> str:
        return token.get_secret_value()


class JobSubmitted(_Submission):
    """A job as a producer asks for it; what it leaves out gets the model's defaults."""

    prompt: str = Field(min_length=1, max_length=32_000)
    model: str | None = None
    negative_prompt: str | None = None
    n: int = 1
    size: str | None = Field(default=None, examples=["128x128"])
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    images: tuple[UploadId, ...] = ()
    mask: UploadId | None = None
    strength: float | None = None
    output_format: PictureFormat | None = None
    allow_deferred: bool = False
    allow_degraded: bool = False
    start_by: Instant | None = Field(default=None, description="Cancelled if not started by then.")


class CancelSubmitted(_Submission):
    """Cancels the job of an earlier submission, or a job by its id."""

    job: JobId | None = None
    cancels: SubmissionId | None = None
