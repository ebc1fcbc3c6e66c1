"""What the others are told of an account's usage."""

from dataclasses import replace

from services.contracts import hash_offset
from services.contracts.events import GrantInUse, UsageChanged
from services.quota.core.account import AccountQuota, Grant, Spent

__all__ = ["told"]


def told(account: AccountQuota) -> tuple[AccountQuota, UsageChanged]:
    """The account with its next version, and the event that says so."""
    newer = replace(account, version=account.version + 1)
    held: tuple[Grant | Spent, ...] = (*newer.open, *newer.spent)
    event = UsageChanged(
        at=newer.as_of,
        account=newer.account,
        version=newer.version,
        plan=newer.plan,
        hash_offset=hash_offset(newer.account, newer.as_of),
        grants=tuple(_in_use(item) for item in sorted(held, key=lambda item: item.leaves_at)),
    )
    return newer, event


def _in_use(item: Grant | Spent) -> GrantInUse:
    return GrantInUse(
        job=item.job,
        units=item.units,
        granted_at=item.granted_at,
        leaves_at=item.leaves_at,
        open=isinstance(item, Grant),
    )
