"""When an account's units fit again: exact moments from its own grants, never a guess."""

from datetime import datetime

from services.quota.core.account import AccountQuota, Grant, Spent
from services.quota.core.terms import Terms

__all__ = ["fits_at", "resets_at", "retry_at"]


def fits_at(account: AccountQuota, units: int, limit: int) -> datetime | None:
    """The first moment at which `units` more stay within `limit`, if nothing else is granted.

    None where no moment is known: they never fit, or wait for a job that outlived its window.
    """
    if units > limit:
        return None
    excess = account.used + units - limit
    if excess <= 0:
        return account.as_of
    for leaves_at, leaving in _leavings(account):
        excess -= leaving
        if excess <= 0:
            return leaves_at
    return None


def retry_at(account: AccountQuota, units: int, limit: int, terms: Terms) -> datetime | None:
    """The earlier of: they fit the limit in force; the limit is the plan's own again and they fit.

    None where neither moment is known.
    """
    moments = [fits_at(account, units, limit)]
    if terms.expected_end and terms.expected_end > account.as_of:
        normally = fits_at(account, units, terms.plan.images)
        moments.append(max(normally, terms.expected_end) if normally else None)
    return min((moment for moment in moments if moment), default=None)


def resets_at(account: AccountQuota) -> datetime | None:
    """When the window is empty if nothing else is granted; None when it is, or none can say."""
    overdue = any(grant.leaves_at <= account.as_of for grant in account.open)
    if overdue or not account.used:
        return None
    return max(leaves_at for leaves_at, _ in _leavings(account))


def _leavings(account: AccountQuota) -> list[tuple[datetime, int]]:
    """Moments and units in order. An open grant is taken to be settled by the time it may leave."""
    held: tuple[Grant | Spent, ...] = (*account.open, *account.spent)
    return sorted((item.leaves_at, item.units) for item in held if item.leaves_at > account.as_of)
