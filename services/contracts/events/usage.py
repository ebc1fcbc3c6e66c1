"""`usage`: what each account has in use. Compacted: the last one is the truth."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Data, Event, Instant
from services.contracts.ids import AccountId, JobId
from services.contracts.streams import Stream

__all__ = ["GrantInUse", "UsageChanged", "UsageForgotten"]


class GrantInUse(Data):
    """Units that count until they leave the window; `open` while the job has no end."""

    job: JobId
    units: int = Field(ge=0)
    granted_at: Instant
    leaves_at: Instant
    open: bool


class UsageChanged(Event):
    """All grants of one account. A lower `version` never replaces a higher one."""

    stream: ClassVar[Stream] = Stream.USAGE
    account: AccountId
    version: int = Field(ge=1)
    plan: str
    grants: tuple[GrantInUse, ...] = ()
    hash_offset: float = Field(
        default=0.0, ge=0, lt=1, description="The account's h in effective_limit at that moment."
    )

    @property
    def key(self) -> str:
        return self.account


class UsageForgotten(Event):
    """The account was erased, and its usage with it. Without a value on the wire."""

    stream: ClassVar[Stream] = Stream.USAGE
    erases: ClassVar[bool] = True
    account: AccountId

    @property
    def key(self) -> str:
        return self.account
