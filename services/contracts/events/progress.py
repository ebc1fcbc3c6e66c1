"""`progress`: lossy news of a running render. A missing one is no fault."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event
from services.contracts.ids import AccountId, JobId
from services.contracts.streams import Stream

__all__ = ["JobProgressed"]


class JobProgressed(Event):
    stream: ClassVar[Stream] = Stream.PROGRESS
    account: AccountId
    job: JobId
    attempt: int = Field(ge=1)
    step: int = Field(ge=0)
    steps: int = Field(ge=1)
    seconds_left: float | None = Field(default=None, ge=0)
    preview: str | None = Field(default=None, description="Key in the blob store.")

    @property
    def key(self) -> str:
        return self.account
