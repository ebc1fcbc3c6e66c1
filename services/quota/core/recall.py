"""Forgetting without a gap: a decision leaves the document only when the ledger has its row.

The relay writes rows after the document, so age alone would not do: while it is behind, the
document remembers more, and past a bound it takes no new requests.
"""

from collections.abc import Collection
from dataclasses import replace

from services.kit.documents import Change
from services.quota.core.account import AccountQuota, Forgotten

__all__ = ["MOST_REMEMBERED", "REMEMBERED", "forget", "is_crowded", "is_full", "to_forget"]

REMEMBERED = 64
"""Decisions without an open grant that a document keeps; twice as many call for forgetting."""

MOST_REMEMBERED = 8 * REMEMBERED
"""20 kB of ids: far under a document's 16 MB, far over what a healthy relay leaves unwritten."""


def is_crowded(account: AccountQuota) -> bool:
    return len(account.decided) >= 2 * REMEMBERED


def is_full(account: AccountQuota) -> bool:
    return len(account.decided) >= MOST_REMEMBERED


def to_forget(account: AccountQuota) -> tuple[str, ...]:
    """The oldest decisions, which the ledger should have by now."""
    return account.decided[:-REMEMBERED]


def forget(account: AccountQuota | None, filed: Collection[str]) -> Change[AccountQuota] | None:
    """Drops the decisions whose rows are known to be in the ledger."""
    if account is None:
        return None
    dropped = set(account.decided) & set(filed)
    if not dropped:
        return None
    kept = tuple(job for job in account.decided if job not in dropped)
    before = account.forgotten
    forgotten = Forgotten(before.count + len(dropped), max(before.highest, *dropped))
    return Change(replace(account, decided=kept, forgotten=forgotten))
