"""Accounts and keys as operators send and read them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.events import AccountStatus, Scope
from services.gateway.core.account import Account, ApiKey

__all__ = [
    "AccountBody",
    "AccountChange",
    "AccountList",
    "AccountOpening",
    "KeyBody",
    "KeyMade",
    "KeyRequest",
    "KeyRotation",
    "account_body",
    "key_body",
]

_ScopeName = Literal["jobs:read", "jobs:write", "operator"]
_PLAN = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class _In(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AccountOpening(_In):
    name: str = Field(min_length=1, max_length=200, examples=["Ada"])
    plan: str = Field(pattern=_PLAN, examples=["free"])


class AccountChange(_In):
    """What is left out stays as it is."""

    plan: str | None = Field(None, pattern=_PLAN)
    status: Literal["active", "suspended"] | None = None


class KeyRequest(_In):
    name: str = Field("", max_length=200)
    scopes: list[_ScopeName] = Field(["jobs:read", "jobs:write"], min_length=1, max_length=3)
    expires_in_days: int | None = Field(None, ge=1, le=3650, description="Never, if left out.")


class KeyRotation(_In):
    overlap_hours: float = Field(
        24, ge=0, le=720, description="For how long the old key goes on, at most."
    )


class KeyBody(BaseModel):
    id: str = Field(description="The visible part of the key.")
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyBody):
    key: str = Field(description="The key itself. It is shown this once and stored nowhere.")


class AccountBody(BaseModel):
    id: str
    object: str = "account"
    name: str
    plan: str
    status: AccountStatus
    version: int
    created_at: datetime
    keys: list[KeyBody]


class AccountList(BaseModel):
    object: str = "list"
    data: list[AccountBody]
    has_more: bool
    next_cursor: str | None


def account_body(account: Account) -> AccountBody:
    return AccountBody(
        id=account.id,
        name=account.name,
        plan=account.plan,
        status=account.status,
        version=account.version,
        created_at=account.created_at,
        keys=[key_body(key) for key in account.keys],
    )


def key_body(key: ApiKey) -> KeyBody:
    return KeyBody(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
