"""What quota says of its decisions: one log line each, and the metrics. Never a prompt."""

import structlog

from services.contracts import job_status
from services.contracts.events import JobAdmitted, JobRejected, JobRequested
from services.kit.telemetry import metrics
from services.quota.core import JobEnd, LedgerRow, Outcome, Verdict

__all__ = ["decided", "ended", "leaked", "told_again"]

log = structlog.get_logger(__name__)


def decided(request: JobRequested, outcome: Outcome) -> None:
    decision = outcome.decision
    if decision is None:
        log.debug("request_repeated", job=str(request.job), account=str(request.account))
        return
    facts = decision.quota
    fields = {
        "job": str(request.job),
        "account": str(request.account),
        "plan": facts.plan,
        "units": facts.units,
        "used": facts.used,
        "limit": facts.limit,
        "m": facts.m,
    }
    match decision:
        case JobAdmitted():
            metrics.JOBS_ADMITTED.add(1, plan=facts.plan, lane=decision.lane)
            log.info("job_admitted", lane=decision.lane.value, **fields)
        case JobRejected():
            metrics.JOBS_REJECTED.add(1, plan=facts.plan, rule=decision.rule)
            log.info("job_rejected", rule=decision.rule.value, **fields)


def told_again(request: JobRequested) -> None:
    log.info("admission_told_again", job=str(request.job), account=str(request.account))


def ended(end: JobEnd, outcome: Outcome) -> None:
    known = {"job": str(end.job), "account": str(end.account)}
    if outcome.row and outcome.change:
        _settled(outcome.change.state.plan, outcome.row)
        kept, given_back = outcome.row.units, outcome.row.given_back
        log.info("grant_settled", kept=kept, given_back=given_back, **known)
    elif outcome.verdict is Verdict.UNMATCHED:
        # Nothing was charged for it, so there is nothing to settle, now or by a replay. But it was
        # admitted: only a restored database or a fault of ours explains that.
        metrics.UNMATCHED_ENDS.add(1, status=job_status(end) or "unknown")
        log.warning("end_without_grant", end=type(end).__name__, **known)


def leaked(outcome: Outcome) -> None:
    if outcome.row and outcome.change:
        plan = outcome.change.state.plan
        _settled(plan, outcome.row)
        metrics.LEAKED_GRANTS.add(1, plan=plan)
        log.error(
            "grant_leaked",
            job=str(outcome.row.job),
            account=str(outcome.row.account),
            granted_at=outcome.row.since.isoformat(),
            given_back=outcome.row.given_back,
        )


def _settled(plan: str, row: LedgerRow) -> None:
    for units, what in ((row.units, "committed"), (row.given_back, "given_back")):
        if units:
            metrics.UNITS_SETTLED.add(units, plan=plan, outcome=what)
