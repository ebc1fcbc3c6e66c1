"""A decision told once more, to those whom its event never reached."""

from services.contracts import Lane
from services.contracts.events import JobAdmitted, JobRequested
from services.kit.documents import Change
from services.quota.core.account import AccountQuota
from services.quota.core.ledger import LedgerRow

__all__ = ["tell_again"]


def tell_again(
    state: AccountQuota | None, request: JobRequested, row: LedgerRow, lane: Lane
) -> Change[AccountQuota] | None:
    """The admission on the terms that `row` has of it; none where its job has ended since.

    Render knows the job already, or takes it now. A rejection is an end and is told only once.
    """
    if state is None or state.grant_of(request.job) is None or row.quota is None:
        return None
    admitted = JobAdmitted(
        at=row.at,
        account=row.account,
        job=row.job,
        lane=lane,
        spec=request.spec,
        quota=row.quota,
        start_by=request.start_by,
    )
    return Change(state, (admitted,))
