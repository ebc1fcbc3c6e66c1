"""When an account's units fit again: moments from its own grants, its hash day and the outlook."""

from collections.abc import Iterator
from datetime import datetime

from services.contracts import effective_limit, hash_offset, hash_turns_at
from services.quota.core.account import AccountQuota, Grant, Spent
from services.quota.core.terms import Terms

__all__ = ["resets_at", "retry_at"]

_DAYS = 31
"""So many hash days are looked ahead; the longest window is no longer."""


def retry_at(account: AccountQuota, units: int, terms: Terms) -> datetime | None:
    """The first known moment at which `units` more get in, if nothing else is granted.

    Units leave the window, the account's hash offset turns, or the plan's own limit holds again.
    None where none of these moments would do, or they wait for a job that outlived its window.
    """
    relief = _relief(account, terms)
    return next(
        (
            moment
            for moment in sorted(_moments(account, relief))
            if _fits(account, units, moment, terms, relief)
        ),
        None,
    )


def resets_at(account: AccountQuota) -> datetime | None:
    """When the window is empty if nothing else is granted; None when it is, or none can say."""
    overdue = any(grant.leaves_at <= account.as_of for grant in account.open)
    if overdue or not account.used:
        return None
    return max(leaves_at for leaves_at, _ in _leavings(account))


def _fits(
    account: AccountQuota, units: int, moment: datetime, terms: Terms, relief: datetime | None
) -> bool:
    left = sum(leaving for leaves_at, leaving in _leavings(account) if leaves_at <= moment)
    m = terms.m * terms.k.promise_margin if terms.m < 1 else 1.0
    if relief and moment >= relief:
        m = 1.0
    limit = effective_limit(terms.plan.images, m, hash_offset(account.account, moment))
    return account.used - left + units <= limit


def _moments(account: AccountQuota, relief: datetime | None) -> Iterator[datetime]:
    yield from (leaves_at for leaves_at, _ in _leavings(account))
    turn = account.as_of
    for _ in range(_DAYS):
        turn = hash_turns_at(account.account, turn)
        yield turn
    if relief:
        yield relief


def _relief(account: AccountQuota, terms: Terms) -> datetime | None:
    """When the plan's own limit holds again for this account.

    As a rising multiplier would reach them: who has a high offset first. So not everybody who was
    sent away comes back in one second.
    """
    end = terms.expected_end
    if end is None or end <= account.as_of:
        return None
    spread = (terms.expected_end_latest or end) - end
    relief = end + (1 - hash_offset(account.account, account.as_of)) * spread
    # Events carry milliseconds: a promise must not begin after the moment that was told.
    return relief.replace(microsecond=relief.microsecond // 1000 * 1000)


def _leavings(account: AccountQuota) -> list[tuple[datetime, int]]:
    """Moments and units in order. An open grant is taken to be settled by the time it may leave."""
    held: tuple[Grant | Spent, ...] = (*account.open, *account.spent)
    return sorted((item.leaves_at, item.units) for item in held if item.leaves_at > account.as_of)
