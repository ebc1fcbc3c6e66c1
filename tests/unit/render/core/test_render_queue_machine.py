"""A job's whole life under any order of admissions, cancels, claims, crashes and late results."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.contracts import END_RANK, Event, JobStatus, Rank, job_rank
from services.contracts.events import FailureCode, JobRequeued
from services.kit.documents import Change
from services.render.core import (
    Claim,
    Ended,
    Entry,
    Running,
    Tombstone,
    Waiting,
    admit,
    claim,
    claim_of,
    expire_lease,
    give_up_waiting,
    renew,
    request_cancel,
    settle,
)
from services.render.core.outcome import Cancelled, Completed, Crashed, Failed, Outcome, Released
from tests.unit.render.samples import (
    EMBER,
    LEASE,
    NOW,
    POLICY,
    account_id,
    admission,
    image,
    job_id,
)

JOB = job_id()
ADMISSION = admission(JOB, start_by=NOW + timedelta(minutes=5))

OUTCOMES = st.sampled_from(
    (
        Completed((image(),)),
        Cancelled(),
        Crashed("engine_died"),
        Failed(FailureCode.OUT_OF_MEMORY, "no room", permanent=False),
        Failed(FailureCode.INVALID_SPEC, "too large", permanent=True),
        Released("worker_stopped"),
    )
)


class QueueMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.entry: Entry | None = None
        self.now = NOW
        self.events: list[Event] = []
        self.claims: list[Claim] = []
        self.released = 0

    def apply(self, change: Change[Entry] | None) -> None:
        if change is not None:
            self.entry = change.state
            self.events.extend(change.events)

    @rule(seconds=st.floats(0, 90))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def admission_arrives(self) -> None:
        change = admit(
            self.entry, ADMISSION, model=EMBER, ticket=1.0, traceparent=None, now=self.now
        )
        self.apply(change)

    @rule()
    def cancel_arrives(self) -> None:
        self.apply(request_cancel(self.entry, JOB, account_id(), self.now))

    @rule(worker=st.sampled_from(("w1", "w2")))
    def worker_claims(self, worker: str) -> None:
        before = self.entry
        self.apply(claim(before, JOB, worker, self.now, LEASE))
        if self.entry is not before and (mine := claim_of(self.entry, JOB, worker)):
            assert all(mine.attempt > earlier.attempt for earlier in self.claims)
            self.claims.append(mine)

    @rule(pick=st.integers(0, 50))
    def worker_renews(self, pick: int) -> None:
        if self.claims:
            self.apply(renew(self.entry, self.claims[pick % len(self.claims)], self.now, LEASE))

    @rule(pick=st.integers(0, 50), outcome=OUTCOMES, jitter=st.floats(0, 1))
    def worker_reports(self, pick: int, outcome: Outcome, jitter: float) -> None:
        if not self.claims:
            return
        mine = self.claims[pick % len(self.claims)]
        change = settle(self.entry, mine, outcome, now=self.now, policy=POLICY, jitter=jitter)
        assert change is None or mine == self.claims[-1], "only the latest claim decides"
        if change and isinstance(outcome, Released) and isinstance(change.events[0], JobRequeued):
            self.released += 1
        self.apply(change)

    @rule(jitter=st.floats(0, 1))
    def sweep_comes_by(self, jitter: float) -> None:
        if isinstance(self.entry, Running):
            seen = (self.entry.tries.claims, self.entry.lease_until)
            self.apply(
                expire_lease(self.entry, JOB, seen, now=self.now, policy=POLICY, jitter=jitter)
            )
        self.apply(give_up_waiting(self.entry, JOB, self.now))

    def ranks(self) -> list[Rank]:
        return [rank for event in self.events if (rank := job_rank(event)) is not None]

    @invariant()
    def there_is_one_end_at_most_and_nothing_after_it(self) -> None:
        ranks = self.ranks()
        assert ranks.count(END_RANK) == isinstance(self.entry, Ended)
        assert END_RANK not in ranks[:-1]

    @invariant()
    def events_are_told_in_their_order(self) -> None:
        ranks = self.ranks()
        assert ranks == sorted(set(ranks))

    @invariant()
    def attempts_are_bounded(self) -> None:
        assert len(self.claims) <= POLICY.attempts + self.released

    @invariant()
    def the_end_says_what_the_last_event_said(self) -> None:
        if isinstance(self.entry, Ended):
            name = type(self.events[-1]).__name__
            assert self.entry.status is JobStatus(name.removeprefix("Job").lower())

    @invariant()
    def nothing_is_told_of_a_tombstone(self) -> None:
        if self.entry is None or isinstance(self.entry, Tombstone):
            assert not self.events


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=150, stateful_step_count=40)


def test_every_job_ends_when_workers_keep_trying_and_crashing() -> None:
    change = admit(None, admission(JOB), model=EMBER, ticket=0.0, traceparent=None, now=NOW)
    assert change is not None
    entry: Entry = change.state
    for attempt in range(POLICY.attempts):
        assert isinstance(entry, Waiting)
        entry = replace(entry, not_before=NOW)
        claimed = claim(entry, JOB, f"w{attempt}", NOW, LEASE)
        assert claimed is not None
        assert isinstance(claimed.state, Running)
        mine = Claim(job=JOB, worker=f"w{attempt}", attempt=attempt + 1)
        crashed = settle(
            claimed.state, mine, Crashed("engine_died"), now=NOW, policy=POLICY, jitter=0.5
        )
        assert crashed is not None
        entry = crashed.state
    assert isinstance(entry, Ended)
