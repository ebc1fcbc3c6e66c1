"""Whatever comes, in whatever order: nothing is over-admitted, decided twice or lost."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts import JobId, Lane, LighterRender
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobAdmitted,
    JobRejected,
    JobRequested,
    UsageChanged,
)
from services.kit.documents import Change
from services.quota.core import (
    AccountQuota,
    Book,
    JobEnd,
    LedgerRow,
    Outcome,
    Plan,
    Plans,
    Verdict,
    change_account,
    findings,
    forget,
    reserve,
    settle,
    write_off,
)
from tests.unit.quota.cases import (
    ACCOUNT,
    DAY,
    FREE,
    NOON,
    PLUS,
    cancelled,
    completed,
    failed,
    limits,
    requested,
)

TIGHT = Plan(
    id="tight",
    title="Tight",
    images=5,
    window_seconds=600,
    lane=Lane.FREE,
    adaptive=True,
    concurrency=3,
    rounding_seconds=30,
)
PLANS = Plans(plans=(FREE, PLUS, TIGHT))
PLAN_IDS = st.sampled_from(["free", "plus", "tight", "gold"])
ENDS: tuple[Callable[[int], JobEnd], ...] = (completed, failed, cancelled)


class QuotaMachine(RuleBasedStateMachine):
    """One account; every outcome is saved as the shell would save it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.state: AccountQuota | None = None
        self.rows: list[LedgerRow] = []
        self.requests: list[JobRequested] = []
        self.decisions: dict[JobId, JobAdmitted | JobRejected] = {}
        self.ended: dict[JobId, JobEnd] = {}
        self.told = 0
        self.version = 1
        self.plan = "free"
        self.book = Book(PLANS)

    @initialize(plan=PLAN_IDS)
    def begin(self, plan: str) -> None:
        self.plan = plan

    @rule(
        units=st.integers(1, 6),
        pool=st.sampled_from(["default", "xl"]),
        steps=st.sampled_from([None, 2, 4, 8]),
    )
    def request(self, units: int, pool: str, steps: int | None) -> None:
        number = 100 + len(self.requests)
        request = requested(number, units=units, plan=self.plan, version=self.version, pool=pool)
        if steps:
            lighter = LighterRender(steps=steps, width=128, height=128)
            request = request.model_copy(update={"lighter": lighter, "allow_degraded": True})
        self.requests.append(request)
        self.decide(request)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def request_again(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.requests))
        outcome = self.decide(request)
        assert outcome.verdict is Verdict.REPEATED

    @precondition(lambda self: any(isinstance(d, JobAdmitted) for d in self.decisions.values()))
    @rule(data=st.data(), end=st.sampled_from(ENDS))
    def end(self, data: st.DataObject, end: Callable[[int], JobEnd]) -> None:
        granted = [job for job, said in self.decisions.items() if isinstance(said, JobAdmitted)]
        job = data.draw(st.sampled_from(granted))
        outcome = settle(self.state, end(int(job[4:], 16)), self.now)
        if job in self.ended:
            assert outcome.change is None
        else:
            self.ended[job] = end(int(job[4:], 16))
        self.keep(outcome)

    @rule(number=st.integers(1, 50), end=st.sampled_from(ENDS))
    def end_of_a_stranger(self, number: int, end: Callable[[int], JobEnd]) -> None:
        assert settle(self.state, end(number), self.now).verdict is Verdict.UNMATCHED

    @rule(age=st.sampled_from([timedelta(minutes=20), 2 * DAY]))
    def sweep(self, age: timedelta) -> None:
        outcome = write_off(self.state, self.now - age, self.now)
        if outcome.row:
            self.ended[outcome.row.job] = failed(1)
        self.keep(outcome)

    @rule(seconds=st.sampled_from([0.001, 1, 29, 300, 600, 3_600, 86_400, -30, -3_600]))
    def move_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(plan=PLAN_IDS, status=st.sampled_from(AccountStatus), heard=st.booleans())
    def change_plan(self, plan: str, status: AccountStatus, *, heard: bool) -> None:
        """Requests know the newer version; quota may or may not have heard of it."""
        self.version += 1
        self.plan = plan
        if heard:
            event = AccountChanged(
                at=self.now, account=ACCOUNT, version=self.version, plan=plan, status=status
            )
            self.save(change_account(self.state, event, self.now))

    @rule(m=st.floats(0, 1), hours=st.integers(-1, 30) | st.none())
    def change_limits(self, m: float, hours: int | None) -> None:
        end = None if hours is None else self.now + timedelta(hours=hours)
        said = (limits(m, plan=plan, expected_end=end) for plan in PLANS.plans)
        self.book = Book(PLANS, {event.key: event for event in said})

    @precondition(lambda self: self.state and self.state.decided)
    @rule(data=st.data())
    def forget_some_decisions(self, data: st.DataObject) -> None:
        """Whichever; the shell takes the oldest."""
        assert self.state is not None
        filed = data.draw(st.sets(st.sampled_from(self.state.decided)))
        self.save(forget(self.state, filed))

    @invariant()
    def equations_hold(self) -> None:
        assert findings(ACCOUNT, self.rows, self.state) == []

    @invariant()
    def nothing_is_negative(self) -> None:
        if self.state:
            assert all(grant.units > 0 for grant in self.state.open)
            assert all(spent.units > 0 for spent in self.state.spent)
            assert 0 <= self.state.saved <= self.state.used
            assert len({grant.job for grant in self.state.open}) == len(self.state.open)

    @invariant()
    def open_grants_are_the_admitted_jobs_without_an_end(self) -> None:
        granted = {job for job, said in self.decisions.items() if isinstance(said, JobAdmitted)}
        held = {grant.job for grant in self.state.open} if self.state else set()
        assert held == granted - set(self.ended)

    def decide(self, request: JobRequested) -> Outcome:
        outcome = reserve(self.state, request, self.book, self.now)
        if outcome.verdict is Verdict.LOOK_UP:
            outcome = self.look_up(request, outcome)
        if outcome.decision:
            assert request.job not in self.decisions, "decided twice"
            self.decisions[request.job] = outcome.decision
            self.check(outcome, request.spec.pool)
        self.keep(outcome)
        return outcome

    def look_up(self, request: JobRequested, outcome: Outcome) -> Outcome:
        if any(row.job == request.job for row in self.rows):
            return Outcome(Verdict.REPEATED)
        return reserve(self.state, request, self.book, self.now, looked_up=outcome.forgotten_count)

    def check(self, outcome: Outcome, pool: str) -> None:
        decision, change = outcome.decision, outcome.change
        assert decision is not None
        assert change is not None
        if isinstance(decision, JobAdmitted):
            assert decision.quota.used + decision.quota.units <= decision.quota.limit
            return
        for moment in (decision.retry_at, decision.resets_at):
            assert moment is None or moment > change.state.as_of
        if decision.retry_at:
            self.promise_is_kept(change.state, decision, pool)

    def promise_is_kept(self, state: AccountQuota, decision: JobRejected, pool: str) -> None:
        """Who comes back when told, with all jobs ended and m as told, gets in."""
        assert decision.retry_at is not None
        for grant in state.open:
            end = completed(int(grant.job[4:], 16), images=grant.images)
            ended = settle(state, end, self.now).change
            assert ended is not None
            state = ended.state
        back = requested(
            0xFFFF,
            units=decision.quota.units,
            plan=state.plan,
            version=state.account_version,
            pool=pool,
        )
        normal = self.now_normal(decision.retry_at)
        assert reserve(state, back, normal, decision.retry_at).verdict is Verdict.ADMITTED

    def now_normal(self, moment: datetime) -> Book:
        """The limits as told: those whose expected end has come are the plan's own again."""
        over = {
            key: said.model_copy(update={"m": 1.0})
            for key, said in self.book.limits.items()
            if said.expected_end and said.expected_end <= moment
        }
        return Book(PLANS, {**self.book.limits, **over})

    def keep(self, outcome: Outcome) -> None:
        if outcome.row:
            self.rows.append(outcome.row)
        self.save(outcome.change)

    def save(self, change: Change[AccountQuota] | None) -> None:
        if change is None:
            return
        if self.state:
            assert change.state.as_of >= self.state.as_of, "time went back"
        self.state = change.state
        for event in change.events:
            if isinstance(event, UsageChanged):
                assert event.version == self.told + 1
                self.told = event.version
                assert sum(grant.units for grant in event.grants) == change.state.used


TestQuotaMachine = QuotaMachine.TestCase
TestQuotaMachine.settings = settings(max_examples=40, stateful_step_count=40, print_blob=True)
