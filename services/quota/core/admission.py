"""The reservation: a request and an account come in, an admission or a rejection goes out."""

from dataclasses import replace
from datetime import datetime

from services.contracts import Event, hash_offset, render_cost
from services.contracts.events import (
    AccountStatus,
    JobAdmitted,
    JobRejected,
    JobRequested,
    Offer,
    QuotaFacts,
    Rule,
)
from services.kit.documents import Change
from services.quota.core.account import AccountQuota, Grant
from services.quota.core.deferral import deferred, expected_at, may_be_deferred, normally
from services.quota.core.degrading import Degraded, degraded
from services.quota.core.doorway import OPEN, Doorway
from services.quota.core.law import Constants
from services.quota.core.ledger import LedgerRow, Operation
from services.quota.core.outcome import Outcome, Verdict
from services.quota.core.promise import promised
from services.quota.core.recall import is_full
from services.quota.core.refusal import Refusal, weigh
from services.quota.core.standing import as_requested
from services.quota.core.terms import Book, Terms
from services.quota.core.usage import told

__all__ = ["refuse_erased", "reserve"]


def reserve(
    state: AccountQuota | None,
    request: JobRequested,
    book: Book,
    now: datetime,
    *,
    looked_up: int | None = None,
    may_open: bool = True,
    doorway: Doorway = OPEN,
) -> Outcome:
    """Decides a request once; the same request again changes nothing, ever.

    `looked_up` is the account's `forgotten.count` when the ledger was read and had no row of this
    job: the answer holds as long as nothing was forgotten since. Without `may_open` an account that
    has no document gets none.
    """
    if state is None and not may_open:
        return Outcome(Verdict.STRANGER)
    account = as_requested(state, request, now)
    if account.remembers(request.job):
        return Outcome(Verdict.REPEATED)
    if account.may_have_forgotten(request.job) and account.forgotten.count != looked_up:
        return Outcome(Verdict.LOOK_UP, forgotten_count=account.forgotten.count)
    if is_full(account):
        return Outcome(Verdict.CONGESTED)
    terms = book.terms(account.plan, request.spec.pool)
    facts = _facts(account, request, terms)
    verdict = weigh(account, terms, facts, doorway)
    if not isinstance(verdict, Refusal):
        return _admit(account, request, facts, verdict)
    if terms is not None:
        instead = _instead(account, request, terms, facts, verdict, doorway=doorway)
        if isinstance(instead, Outcome):
            return instead
        verdict = instead
    moved = state is None or state.plan != account.plan
    return _reject(account, request, facts, verdict, book.k, tell=moved)


def _instead(
    account: AccountQuota,
    request: JobRequested,
    terms: Terms,
    facts: QuotaFacts,
    refusal: Refusal,
    *,
    doorway: Doorway,
) -> Outcome | Refusal:
    """A lighter render or a later one, where its caller allows it; else the refusal offers them."""
    offers = []
    tight = refusal.rule is Rule.LOAD
    if lighter := degraded(account, request, terms, facts, doorway) if tight else None:
        if request.allow_degraded:
            return _admit(account, lighter.request, lighter.facts, terms, lighter=lighter)
        offers.append(Offer.DEGRADED)
    if may_be_deferred(account, terms, facts, refusal, doorway):
        if request.allow_deferred:
            return _admit(account, request, normally(facts), deferred(terms), doorway=doorway)
        offers.append(Offer.DEFERRED)
    return replace(refusal, offers=tuple(offers))


def refuse_erased(request: JobRequested, book: Book, now: datetime) -> JobRejected:
    """The end of a job that an account asked for just before it was erased."""
    erased = replace(as_requested(None, request, now), status=AccountStatus.ERASED)
    decision = reserve(erased, request, book, now).decision
    assert isinstance(decision, JobRejected)
    return decision


def _facts(account: AccountQuota, request: JobRequested, terms: Terms | None) -> QuotaFacts:
    if terms is None:
        # Nothing is given; a window has to be something, and a second is the least.
        return QuotaFacts(
            plan=account.plan,
            window_seconds=1,
            limit=0,
            limit_normally=0,
            used=account.used,
            units=request.units,
        )
    return QuotaFacts(
        plan=account.plan,
        window_seconds=terms.plan.window_seconds,
        limit=_limit(account, request.units, terms),
        limit_normally=terms.plan.images,
        used=account.used,
        units=request.units,
        m=terms.m,
        limits_version=terms.version,
    )


def _limit(account: AccountQuota, units: int, terms: Terms) -> int:
    """In force for this account now: at least what it was promised."""
    limit = terms.limit(hash_offset(account.account, account.as_of))
    if account.promise and account.promise.covers(units, account.as_of):
        limit = max(limit, min(terms.plan.images, account.used + units))
    return limit


def _admit(
    account: AccountQuota,
    request: JobRequested,
    facts: QuotaFacts,
    terms: Terms,
    *,
    doorway: Doorway = OPEN,
    lighter: Degraded | None = None,
) -> Outcome:
    grant = Grant(
        job=request.job,
        units=request.units,
        images=request.spec.n,
        granted_at=account.as_of,
        leaves_at=terms.leaves_at(account.as_of),
        saved=lighter.saved if lighter else 0.0,
    )
    admitted = JobAdmitted(
        at=account.as_of,
        account=account.account,
        job=request.job,
        lane=terms.lane,
        spec=request.spec,
        quota=facts,
        start_by=request.start_by,
        degraded=lighter is not None,
        expected_at=expected_at(account.as_of, terms, doorway),
    )
    row = _row(account, request, facts, Operation.RESERVE)
    light = lighter.light if lighter else None
    row = replace(row, leaves_at=grant.leaves_at, lane=terms.lane, light=light)
    account = replace(account, promise=None)
    after, usage = told(replace(account.granting(grant), turn=row.turn))
    change = Change(after, (admitted, usage), (row.to_row(),))
    return Outcome(Verdict.ADMITTED, change, admitted, row)


def _reject(
    account: AccountQuota,
    request: JobRequested,
    facts: QuotaFacts,
    why: Refusal,
    k: Constants,
    *,
    tell: bool,
) -> Outcome:
    rejected = JobRejected(
        at=account.as_of,
        account=account.account,
        job=request.job,
        rule=why.rule,
        reason=why.reason,
        quota=facts,
        resets_at=why.resets_at,
        retry_at=why.retry_at,
        offers=why.offers,
    )
    row = _row(account, request, facts, Operation.DENY)
    row = replace(row, rule=why.rule, reason=why.reason, retry_at=why.retry_at)
    after = replace(account.refusing(request.job), turn=row.turn, promise=promised(account, row, k))
    events: tuple[Event, ...] = (rejected,)
    if tell:
        after, usage = told(after)
        events = (rejected, usage)
    return Outcome(Verdict.REJECTED, Change(after, events, (row.to_row(),)), rejected, row)


def _row(
    account: AccountQuota, request: JobRequested, facts: QuotaFacts, operation: Operation
) -> LedgerRow:
    return LedgerRow(
        job=request.job,
        operation=operation,
        account=account.account,
        turn=account.turn + 1,
        at=account.as_of,
        since=account.as_of,
        units=request.units,
        quota=facts,
        pool=request.spec.pool,
        cost=render_cost(request.spec),
    )
