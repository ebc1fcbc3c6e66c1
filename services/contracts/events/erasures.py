"""`erasures`: which services have erased an account."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event
from services.contracts.ids import AccountId
from services.contracts.streams import Stream

__all__ = ["AccountErased"]


class AccountErased(Event):
    """Nothing of the account is left with this service. It may say so more than once."""

    stream: ClassVar[Stream] = Stream.ERASURES
    account: AccountId
    service: str = Field(description="Who has erased it: quota, render or notify.")

    @property
    def key(self) -> str:
        return self.account
