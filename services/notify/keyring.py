"""Whose key is this? Learnt from `accounts`, because nobody reads another service's database."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from services.contracts import AccountId, KeyId
from services.contracts.events import AccountChanged, AccountStatus, KeyGrant, Scope
from services.kit.documents import Change, CollectionSpec, Documents, Index

__all__ = ["KEYS", "KeyOwner", "Keyring"]


@dataclass(frozen=True)
class KeyOwner:
    """One key as the newest `AccountChanged` left it; `removed` where that no longer names it."""

    account: AccountId
    version: int
    plan: str
    status: AccountStatus
    secret_hash: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    removed: bool = False


KEYS = CollectionSpec("keys", KeyOwner, (Index(("account",)),))

_MOST = 1000
"""Keys of one account, those that are gone included."""


class Keyring:
    """Keys by their id. A lower account version never replaces a higher one."""

    def __init__(self, keys: Documents[KeyOwner]) -> None:
        self._keys = keys

    async def find(self, key: KeyId) -> KeyOwner | None:
        found = await self._keys.load(key)
        return found.state if found and not found.state.removed else None

    async def plan_of(self, account: AccountId) -> str | None:
        """As the newest `AccountChanged` left it."""
        found = await self._keys.find([("account", "==", account)], limit=_MOST)
        newest = max(found, key=lambda document: document.state.version, default=None)
        return newest.state.plan if newest else None

    async def learn(self, account: AccountChanged) -> None:
        owners = {grant.id: _owner(account, grant) for grant in account.keys}
        for document in await self._keys.find([("account", "==", account.account)], limit=_MOST):
            owners.setdefault(KeyId(document.id), _removed(document.state, account.version))
        for key, owner in owners.items():
            await self._keys.change(key, partial(_newer, owner))

    async def erase(self, account: AccountId) -> None:
        for document in await self._keys.find([("account", "==", account)], limit=_MOST):
            await self._keys.delete(document.id)


def _owner(account: AccountChanged, grant: KeyGrant) -> KeyOwner:
    return KeyOwner(
        account=account.account,
        version=account.version,
        plan=account.plan,
        status=account.status,
        secret_hash=grant.secret_hash,
        scopes=grant.scopes,
        expires_at=grant.expires_at,
        revoked_at=grant.revoked_at,
    )


def _removed(owner: KeyOwner, version: int) -> KeyOwner:
    return replace(owner, version=version, removed=True)


def _newer(new: KeyOwner, old: KeyOwner | None) -> Change[KeyOwner] | None:
    return Change(new) if old is None or old.version < new.version else None
