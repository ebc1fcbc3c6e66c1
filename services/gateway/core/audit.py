"""What operators have done to accounts: one act for each change, told by what it changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, ActId, KeyId
from services.contracts.events import AccountStatus
from services.gateway.core.account import Account, ApiKey, Caller
from services.kit.documents import Index, RowsSpec

__all__ = ["ACTS", "Act", "Deed", "act"]

_KEPT = timedelta(days=400)


class Deed(StrEnum):
    OPENED = "account_opened"
    CHANGED = "account_changed"
    ERASED = "account_erased"
    KEY_MADE = "key_made"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True)
class Act:
    """`account` is whose it was done to, `by_account` and `by_key` who did it."""

    id: ActId
    at: datetime
    account: AccountId
    deed: Deed
    detail: str
    by_account: AccountId
    by_key: KeyId


ACTS: RowsSpec[Act] = RowsSpec(
    "acts", Act, (Index(("account", "-id")), Index(("at",), expire_after=_KEPT))
)


def act(before: Account | None, after: Account, by: Caller, now: datetime) -> Act:
    """No secret and no name is in it: it outlives neither's being forgotten."""
    deed, detail = _told(before, after)
    return Act(ActId.new(now), now, after.id, deed, detail, by.account, by.key)


def _told(before: Account | None, after: Account) -> tuple[Deed, str]:
    if before is None:
        return Deed.OPENED, f"plan {after.plan}"
    if after.status is AccountStatus.ERASED:
        return Deed.ERASED, ""
    known = {key.id: key for key in before.keys}
    changed = [key for key in after.keys if known.get(key.id) not in {key, None}]
    made = [key for key in after.keys if key.id not in known]
    if made and changed:
        return Deed.KEY_ROTATED, f"{changed[0].id}, followed by {made[0].id}"
    if made:
        return Deed.KEY_MADE, _described(made[0])
    if changed:
        return Deed.KEY_REVOKED, changed[0].id
    return Deed.CHANGED, _terms(before, after)


def _described(key: ApiKey) -> str:
    return f"{key.id}: {', '.join(key.scopes)}"


def _terms(before: Account, after: Account) -> str:
    pairs = (("plan", before.plan, after.plan), ("status", before.status, after.status))
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in pairs if old != new)
