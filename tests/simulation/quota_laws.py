"""What must hold of grants, ledger and usage, by what was told alone."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from services.contracts import JobId, JobStatus, Stream, effective_limit, hash_offset, job_status
from services.contracts.events import JobAdmitted, JobCompleted, JobRejected, Rule, UsageChanged
from services.quota.core import LedgerRow, Operation, findings
from services.quota.core.law import DEFAULTS
from tests.simulation.remains import Remains, distinct
from tests.simulation.terms import ACCOUNT_IDS, PLANS

__all__ = ["QuotaLaws"]

_KEPT_FOR = timedelta(seconds=DEFAULTS.promise_kept)
_CLOSED_BY = {
    JobStatus.COMPLETED: Operation.COMMIT,
    JobStatus.FAILED: Operation.RELEASE,
    JobStatus.CANCELLED: Operation.RELEASE,
}


class QuotaLaws:
    def __init__(self, remains: Remains) -> None:
        self._is = remains

    def the_ledger_agrees(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            rows = [row for row in self._is.ledger if row.account == account]
            for finding in findings(account, rows, self._is.quotas.get(account)):
                yield f"not so: {finding.equation}; {finding.detail}"
        decided = {row.job for row in self._is.ledger}
        for job in self._is.jobs:
            if job not in decided:
                yield f"the ledger does not know {job}"

    def nothing_was_over_admitted(self) -> Iterator[str]:
        """By what was told alone: limits in force, moments that were named, jobs without an end."""
        factors = {said.version: said.m for said in self._is.people.limits}
        for admitted in self._is.admitted():
            facts = admitted.quota
            plan = PLANS.find(facts.plan)
            assert plan is not None
            m = factors.get(facts.limits_version, 1.0) if plan.adaptive else 1.0
            limit = effective_limit(plan.images, m, hash_offset(admitted.account, admitted.at))
            if self._was_promised(admitted):
                limit = max(limit, min(plan.images, facts.used + facts.units))
            if facts.limit != limit or facts.used + facts.units > limit:
                yield f"{admitted.job}: {facts.used} + {facts.units} on a limit of {limit}"
        yield from self._too_many_at_once()

    def _was_promised(self, admitted: JobAdmitted) -> bool:
        """An earlier refusal by load said that so many units get in at this moment."""
        return any(
            said.account == admitted.account
            and said.rule is Rule.LOAD
            and said.retry_at is not None
            and said.at <= admitted.at
            and said.retry_at <= admitted.at <= said.retry_at + _KEPT_FOR
            and admitted.quota.units <= said.quota.units
            for said in (one.data for one in self._is.told)
            if isinstance(said, JobRejected)
        )

    def _too_many_at_once(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            running: set[JobId] = set()
            rows = [row for row in self._is.ledger if row.account == account]
            for row in sorted(rows, key=lambda row: row.turn):
                if row.operation is Operation.RESERVE and row.quota:
                    running.add(row.job)
                    plan = PLANS.find(row.quota.plan)
                    if plan and len(running) > plan.concurrency:
                        yield f"{account} has {len(running)} jobs at once on {plan.id}"
                elif row.operation is not Operation.DENY:
                    running.discard(row.job)

    def reservations_stay_a_whole_window(self) -> Iterator[str]:
        for row in self._is.ledger:
            if row.operation is Operation.RESERVE and row.quota and row.leaves_at:
                stays = (row.leaves_at - row.at).total_seconds()
                if stays < row.quota.window_seconds:
                    yield f"{row.job} leaves its window after {stays} s"

    def what_was_delivered_is_charged(self) -> Iterator[str]:
        closings: dict[str, list[LedgerRow]] = defaultdict(list)
        for row in self._is.ledger:
            if row.operation not in (Operation.RESERVE, Operation.DENY):
                closings[row.job].append(row)
        for admitted in self._is.admitted():
            for end in self._is.ends[admitted.job]:
                status = job_status(end)
                kept = len(end.images) if isinstance(end, JobCompleted) else 0
                wanted = [(_CLOSED_BY[status], kept)] if status in _CLOSED_BY else []
                found = [(row.operation, row.units) for row in closings[admitted.job]]
                if found != wanted:
                    yield f"{admitted.job} is {status}, and its ledger says {found}"

    def usage_is_told_as_it_is(self) -> Iterator[str]:
        told: dict[str, UsageChanged] = {}
        for envelope in distinct(self._is.world.parts.broker.envelopes(Stream.USAGE)):
            event = envelope.data
            assert isinstance(event, UsageChanged)
            if event.version != (told[event.account].version if event.account in told else 0) + 1:
                yield f"usage {event.version} of {event.account} is out of turn"
            told[event.account] = event
        for account, state in self._is.quotas.items():
            said = told.get(account)
            if state.version != (said.version if said else 0):
                yield f"the last usage of {account} was never told"
