"""Accounts and their keys: who pays, on which plan, and what each key may do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, KeyId
from services.contracts.events import AccountChanged, AccountStatus, KeyGrant, Scope

__all__ = [
    "Account",
    "AccountError",
    "AccountIsErased",
    "ApiKey",
    "Caller",
    "KeyStanding",
    "NoSuchKey",
    "TooManyKeys",
    "announcement",
    "erased",
    "open_account",
    "standing",
    "with_key",
    "with_key_revoked",
    "with_key_rotated",
    "with_terms",
]

MAX_KEYS = 50


class AccountError(Exception):
    """Base of what may not be done to an account."""


class AccountIsErased(AccountError):
    """An erased account stays as it is."""


class NoSuchKey(AccountError):
    """The account has no such key."""


class TooManyKeys(AccountError):
    """An account holds at most MAX_KEYS keys, revoked ones included."""


@dataclass(frozen=True)
class ApiKey:
    """One API key: `secret_hash` is the keyed hash of its secret, which is stored nowhere."""

    id: KeyId
    name: str
    secret_hash: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Account:
    """Who pays. `version` grows by one with each change and orders what other services hear."""

    id: AccountId
    name: str
    plan: str
    created_at: datetime
    version: int = 1
    status: AccountStatus = AccountStatus.ACTIVE
    keys: tuple[ApiKey, ...] = ()

    def key(self, id: KeyId) -> ApiKey | None:
        return next((key for key in self.keys if key.id == id), None)


@dataclass(frozen=True)
class Caller:
    """Who makes a call: an account by one of its keys, as they were when last looked at."""

    account: AccountId
    plan: str
    account_version: int
    key: KeyId
    scopes: tuple[Scope, ...]


class KeyStanding(StrEnum):
    """What a key is worth at one moment."""

    GOOD = "good"
    REVOKED = "revoked"
    EXPIRED = "expired"


def standing(key: ApiKey, now: datetime) -> KeyStanding:
    if key.revoked_at is not None:
        return KeyStanding.REVOKED
    if key.expires_at is not None and key.expires_at <= now:
        return KeyStanding.EXPIRED
    return KeyStanding.GOOD


def open_account(
    id: AccountId, name: str, plan: str, now: datetime, keys: Sequence[ApiKey] = ()
) -> Account:
    return Account(id, name, plan, now, keys=tuple(keys))


def with_terms(account: Account, *, plan: str | None, status: AccountStatus | None) -> Account:
    """The account on another plan or in another standing; the same one where nothing differs."""
    _refuse_erased(account)
    changed = replace(account, plan=plan or account.plan, status=status or account.status)
    return account if changed == account else _next(changed)


def with_key(account: Account, key: ApiKey) -> Account:
    _refuse_erased(account)
    if len(account.keys) >= MAX_KEYS:
        raise TooManyKeys
    return _next(replace(account, keys=(*account.keys, key)))


def with_key_revoked(account: Account, id: KeyId, now: datetime) -> Account:
    """The same account when the key was revoked before."""
    key = account.key(id)
    if key is None:
        raise NoSuchKey
    if key.revoked_at is not None:
        return account
    return _next(_with_changed(account, replace(key, revoked_at=now)))


def with_key_rotated(
    account: Account, old: KeyId, new: KeyId, secret_hash: str, *, now: datetime, overlap: timedelta
) -> Account:
    """With a successor of the same name and scopes.

    The old key goes on for `overlap`, or as long as it would have. Raises NoSuchKey, also for one
    that is revoked or has expired, and TooManyKeys.
    """
    key = account.key(old)
    if key is None or standing(key, now) is not KeyStanding.GOOD:
        raise NoSuchKey
    last = min(now + overlap, key.expires_at or now + overlap)
    aging = _with_changed(account, replace(key, expires_at=last))
    return with_key(aging, ApiKey(new, key.name, secret_hash, key.scopes, now))


def _with_changed(account: Account, key: ApiKey) -> Account:
    keys = tuple(key if each.id == key.id else each for each in account.keys)
    return replace(account, keys=keys)


def erased(account: Account) -> Account:
    """The account without its name and keys; its plan tells nothing of anybody."""
    if account.status is AccountStatus.ERASED:
        return account
    return _next(replace(account, name="", status=AccountStatus.ERASED, keys=()))


def announcement(account: Account, now: datetime) -> AccountChanged:
    """What the other services hear of an account."""
    return AccountChanged(
        at=now,
        account=account.id,
        version=account.version,
        plan=account.plan,
        status=account.status,
        keys=tuple(_grant(key) for key in account.keys),
    )


def _grant(key: ApiKey) -> KeyGrant:
    return KeyGrant(
        id=key.id,
        secret_hash=key.secret_hash,
        scopes=key.scopes,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def _next(account: Account) -> Account:
    return replace(account, version=account.version + 1)


def _refuse_erased(account: Account) -> None:
    if account.status is AccountStatus.ERASED:
        raise AccountIsErased
