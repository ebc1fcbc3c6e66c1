"""`accounts`: who may use the service, and with which keys. Compacted: the last one counts."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from services.contracts.event import Data, Event, Instant
from services.contracts.ids import AccountId, KeyId
from services.contracts.streams import Stream

__all__ = ["AccountChanged", "AccountForgotten", "AccountStatus", "KeyGrant", "Scope"]


class AccountStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERASED = "erased"


class Scope(StrEnum):
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    OPERATOR = "operator"


class KeyGrant(Data):
    """One API key as readers need it: never the secret, only its keyed hash."""

    id: KeyId
    secret_hash: str = Field(description="HMAC-SHA-256(pepper, secret), hex.")
    scopes: tuple[Scope, ...]
    expires_at: Instant | None = None
    revoked_at: Instant | None = None


class AccountChanged(Event):
    """The whole account as it is now. A lower `version` never replaces a higher one.

    With the status `erased` it asks every service to erase what is the account's own.
    """

    stream: ClassVar[Stream] = Stream.ACCOUNTS
    account: AccountId
    version: int = Field(ge=1)
    plan: str
    status: AccountStatus = AccountStatus.ACTIVE
    keys: tuple[KeyGrant, ...] = ()

    @property
    def key(self) -> str:
        return self.account


class AccountForgotten(Event):
    """The last word on an account: everybody has erased it. Without a value on the wire."""

    stream: ClassVar[Stream] = Stream.ACCOUNTS
    erases: ClassVar[bool] = True
    account: AccountId

    @property
    def key(self) -> str:
        return self.account
