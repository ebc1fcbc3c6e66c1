"""`cancellations`: wishes; render decides what becomes of them."""

from typing import ClassVar

from services.contracts.event import Event
from services.contracts.ids import AccountId, JobId
from services.contracts.streams import Stream

__all__ = ["JobCancelRequested"]


class JobCancelRequested(Event):
    stream: ClassVar[Stream] = Stream.CANCELLATIONS
    account: AccountId
    job: JobId

    @property
    def key(self) -> str:
        return self.account
