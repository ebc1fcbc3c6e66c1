"""The moment that a refusal names is kept."""

from datetime import timedelta

from services.contracts.events import Rule
from services.quota.core.account import AccountQuota, Promise
from services.quota.core.law import Constants
from services.quota.core.ledger import LedgerRow

__all__ = ["promised"]


def promised(account: AccountQuota, row: LedgerRow, k: Constants) -> Promise | None:
    """What the account is promised after this refusal: an earlier moment stays as it was told."""
    held = account.promise
    if held and held.until < account.as_of:
        held = None
    if row.rule not in (Rule.LOAD, Rule.FLEET_FULL) or row.retry_at is None:
        return held
    if held and held.units >= row.units and held.at <= row.retry_at:
        return held
    kept = k.promise_kept if row.rule is Rule.LOAD else k.turn_kept
    until = row.retry_at + timedelta(seconds=kept)
    return Promise(units=row.units, at=row.retry_at, until=until)
