"""The end of a grant: what was delivered is kept, the rest is given back at once."""

from dataclasses import replace
from datetime import datetime

from services.contracts.events import JobCancelled, JobCompleted, JobFailed
from services.kit.documents import Change
from services.quota.core.account import AccountQuota, Grant
from services.quota.core.ledger import LedgerRow, Operation
from services.quota.core.outcome import Outcome, Verdict
from services.quota.core.usage import told

__all__ = ["JobEnd", "settle", "write_off"]

JobEnd = JobCompleted | JobFailed | JobCancelled

_VERDICTS = {
    Operation.COMMIT: Verdict.COMMITTED,
    Operation.RELEASE: Verdict.RELEASED,
    Operation.LEAK: Verdict.LEAKED,
}


def settle(state: AccountQuota | None, end: JobEnd, now: datetime) -> Outcome:
    """Closes the grant of an ended job; a second end of one job changes nothing.

    Render ends only jobs that it was told are admitted, and quota tells after it has saved the
    grant: an end without a grant is a repetition, or of a job that this database never knew.
    """
    if state is None:
        return Outcome(Verdict.UNMATCHED)
    account = state.at(now)
    if (grant := account.grant_of(end.job)) is None:
        known = account.remembers(end.job)
        return Outcome(Verdict.REPEATED if known else Verdict.UNMATCHED)
    if isinstance(end, JobCompleted):
        return _close(account, grant, Operation.COMMIT, _delivered(grant, len(end.images)))
    return _close(account, grant, Operation.RELEASE, 0)


def write_off(state: AccountQuota | None, granted_before: datetime, now: datetime) -> Outcome:
    """Gives back the oldest grant from before that moment: its end will not come any more."""
    if state is None:
        return Outcome(Verdict.REPEATED)
    account = state.at(now)
    oldest = min(account.open, key=lambda grant: grant.granted_at, default=None)
    if oldest is None or oldest.granted_at >= granted_before:
        return Outcome(Verdict.REPEATED)
    return _close(account, oldest, Operation.LEAK, 0)


def _delivered(grant: Grant, images: int) -> int:
    """Units of the images that came; a fraction of a unit is the account's."""
    return grant.units * min(images, grant.images) // grant.images


def _close(account: AccountQuota, grant: Grant, operation: Operation, kept: int) -> Outcome:
    row = LedgerRow(
        job=grant.job,
        operation=operation,
        account=account.account,
        turn=account.turn + 1,
        at=account.as_of,
        since=grant.granted_at,
        units=kept,
        given_back=grant.units - kept,
        leaves_at=grant.leaves_at,
    )
    after, usage = told(replace(account.closing(grant, kept), turn=row.turn))
    change = Change(after, (usage,), (row.to_row(),))
    return Outcome(_VERDICTS[operation], change, row=row)
