from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import JobStatus
from services.contracts.events import (
    FailureCode,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobRequeued,
    JobStarted,
)
from services.render.core import (
    Claim,
    Ended,
    Entry,
    LeaseWatch,
    Running,
    Tries,
    Waiting,
    claim,
    claim_of,
    expire_lease,
    held,
    keeps_images,
    renew,
    settle,
)
from services.render.core.outcome import Cancelled, Completed, Crashed, Failed, Outcome, Released
from tests.unit.render.samples import (
    LEASE,
    NOW,
    POLICY,
    account_id,
    admission,
    image,
    job_id,
    running,
    waiting,
)

JOB = job_id()
LATER = NOW + timedelta(seconds=3)

OUTCOMES: list[Outcome] = [
    Completed((image(),)),
    Cancelled(),
    Crashed("engine_died"),
    Failed(FailureCode.RENDER_ERROR, "broken", permanent=False),
    Failed(FailureCode.INVALID_SPEC, "too large", permanent=True),
    Released("worker_stopped"),
]


def settled(entry: Entry, held_by: Claim, outcome: Outcome) -> tuple[Entry, object]:
    change = settle(entry, held_by, outcome, now=LATER, policy=POLICY, jitter=0.5)
    assert change is not None
    (event,) = change.events
    return change.state, event


def test_a_claim_counts_the_attempt_and_starts_the_lease() -> None:
    change = claim(waiting(), JOB, "w1", NOW, LEASE)
    assert change is not None
    assert isinstance(change.state, Running)
    assert (change.state.tries.claims, change.state.tries.spent) == (1, 1)
    assert change.state.lease_until == NOW + LEASE
    assert change.events == (
        JobStarted(at=NOW, account=account_id(), job=JOB, attempt=1, worker="w1"),
    )


def test_a_job_is_not_claimed_before_its_time_nor_twice() -> None:
    assert claim(replace(waiting(), not_before=LATER), JOB, "w1", NOW, LEASE) is None
    assert claim(running(waiting(), JOB)[0], JOB, "w2", NOW, LEASE) is None
    assert claim(None, JOB, "w1", NOW, LEASE) is None


def test_a_claim_that_comes_after_start_by_ends_the_job() -> None:
    change = claim(waiting(admission(JOB, start_by=NOW)), JOB, "w1", NOW, LEASE)
    assert change is not None
    assert isinstance(change.state, Ended)


def test_a_worker_knows_its_own_claims() -> None:
    entry, mine = running(waiting(), JOB)
    assert claim_of(entry, JOB, "w1") == mine
    assert claim_of(entry, JOB, "w2") is None
    assert claim_of(waiting(), JOB, "w1") is None


def test_a_lease_is_renewed_by_its_holder_only() -> None:
    entry, mine = running(waiting(), JOB)
    change = renew(entry, mine, LATER, LEASE)
    assert change is not None
    assert isinstance(change.state, Running)
    assert change.state.lease_until == LATER + LEASE
    assert change.events == ()
    assert renew(entry, replace(mine, worker="w2"), LATER, LEASE) is None
    assert renew(entry, replace(mine, attempt=2), LATER, LEASE) is None
    assert renew(None, mine, LATER, LEASE) is None


def test_a_finished_render_completes_its_job() -> None:
    entry, mine = running(waiting(), JOB)
    state, event = settled(entry, mine, Completed((image(),)))
    assert isinstance(state, Ended)
    assert state.status is JobStatus.COMPLETED
    assert event == JobCompleted(
        at=LATER, account=account_id(), job=JOB, attempt=1, images=(image(),), seconds=3.0
    )


def test_an_error_that_no_retry_mends_fails_the_job_at_once() -> None:
    entry, mine = running(waiting(), JOB)
    state, event = settled(entry, mine, OUTCOMES[4])
    assert isinstance(state, Ended)
    assert isinstance(event, JobFailed)
    assert (event.code, event.detail) == (FailureCode.INVALID_SPEC, "too large")


@pytest.mark.parametrize(("attempt", "pause"), [(1, 5), (2, 30)])
def test_a_failed_attempt_is_followed_by_another_after_a_pause(attempt: int, pause: int) -> None:
    entry, mine = running(waiting(), JOB)
    entry = replace(entry, tries=replace(entry.tries, spent=attempt))
    state, event = settled(entry, mine, OUTCOMES[3])
    assert isinstance(state, Waiting)
    assert state.not_before == LATER + timedelta(seconds=pause)
    assert isinstance(event, JobRequeued)
    assert event.reason == "render_error"
    assert state.order == entry.order, "it keeps its ticket"


def test_a_crash_is_remembered() -> None:
    entry, mine = running(waiting(), JOB)
    state, event = settled(entry, mine, Crashed("engine_died"))
    assert isinstance(state, Waiting)
    assert state.tries.crashes == 1
    assert isinstance(event, JobRequeued)
    assert event.reason == "engine_died"


@pytest.mark.parametrize(("crashes", "suspect"), [(0, False), (1, False), (2, True)])
def test_who_was_there_at_two_crashes_is_a_suspect(crashes: int, suspect: bool) -> None:
    assert Tries(crashes=crashes).suspect is suspect


def test_the_third_failed_attempt_is_the_last() -> None:
    entry, mine = running(waiting(), JOB)
    before = ("out_of_memory", "lease_expired")
    entry = replace(entry, tries=replace(entry.tries, spent=3, reasons=before))
    state, event = settled(entry, mine, Crashed("engine_died"))
    assert isinstance(state, Ended)
    assert isinstance(event, JobFailed)
    assert event.code is FailureCode.POISON
    assert event.detail == "3 attempts failed: out_of_memory, lease_expired, engine_died"


def test_a_released_job_gets_its_attempt_back_but_not_its_number() -> None:
    entry, mine = running(waiting(), JOB)
    state, event = settled(entry, mine, Released("worker_stopped"))
    assert isinstance(state, Waiting)
    assert (state.tries.claims, state.tries.spent) == (1, 0)
    assert state.not_before == LATER
    assert isinstance(event, JobRequeued)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_a_cancel_noted_before_the_outcome_wins(outcome: Outcome) -> None:
    entry, mine = running(waiting(), JOB)
    state, event = settled(replace(entry, cancel_requested=True), mine, outcome)
    assert isinstance(state, Ended)
    assert isinstance(event, JobCancelled)


def test_a_render_that_stopped_when_asked_is_cancelled() -> None:
    entry, mine = running(waiting(), JOB)
    _, event = settled(entry, mine, Cancelled())
    assert isinstance(event, JobCancelled)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_a_late_outcome_meets_the_fence(outcome: Outcome) -> None:
    entry, first = running(waiting(), JOB)
    requeued, _ = settled(entry, first, Crashed("lease_expired"))
    second, _ = running(requeued, JOB, worker="w1", now=NOW + timedelta(minutes=1))
    for later in (requeued, second):
        assert settle(later, first, outcome, now=LATER, policy=POLICY, jitter=0.5) is None
        assert held(later, first) is None


def test_a_lease_that_ran_out_is_taken_away() -> None:
    entry, mine = running(waiting(), JOB)
    seen = (1, entry.lease_until)
    change = expire_lease(entry, JOB, seen, now=LATER, policy=POLICY, jitter=0.5)
    assert change is not None
    assert isinstance(change.state, Waiting)
    assert expire_lease(change.state, JOB, seen, now=LATER, policy=POLICY, jitter=0.5) is None
    renewed = renew(entry, mine, LATER, LEASE)
    assert renewed is not None
    assert expire_lease(renewed.state, JOB, seen, now=LATER, policy=POLICY, jitter=0.5) is None


def test_a_lease_has_run_out_when_it_was_seen_not_to_be_renewed() -> None:
    entry, _ = running(waiting(), JOB)
    watch = LeaseWatch(30.0)
    for second in range(31):
        watch = watch.observed([(JOB, entry)], float(second))
        assert not watch.run_out()
    watch = watch.observed([(JOB, entry)], 31.0)
    assert watch.run_out() == {JOB: (1, entry.lease_until)}
    renewed = replace(entry, lease_until=LATER + LEASE)
    assert not watch.observed([(JOB, renewed)], 32.0).run_out()
    assert not watch.observed([], 32.0).run_out()


def test_after_a_gap_in_the_watch_no_lease_runs_out_for_a_while() -> None:
    entry, _ = running(waiting(), JOB)
    watch = LeaseWatch(30.0).observed([(JOB, entry)], 0.0).observed([(JOB, entry)], 40.0)
    assert not watch.run_out()
    for second in range(41, 65):
        watch = watch.observed([(JOB, entry)], float(second))
        assert not watch.run_out()
    for second in range(65, 67):
        watch = watch.observed([(JOB, entry)], float(second))
    assert watch.run_out()


def test_a_lease_runs_out_for_an_observer_too_that_always_looks_late() -> None:
    """Found by row P-05: with a lease of 3 s and a look each second, no lease ever ran out."""
    entry, _ = running(waiting(), JOB)
    watch = LeaseWatch(3.0)
    for look in range(20):
        watch = watch.observed([(JOB, entry)], look * 1.1)
    assert watch.run_out()


def test_images_are_kept_while_the_attempt_holds_or_has_completed_the_job() -> None:
    entry, mine = running(waiting(), JOB)
    assert keeps_images(entry, mine)
    completed, _ = settled(entry, mine, OUTCOMES[0])
    assert keeps_images(completed, mine)
    assert not keeps_images(completed, replace(mine, attempt=2))
    cancelled, _ = settled(entry, mine, Cancelled())
    assert not keeps_images(cancelled, mine)
    assert not keeps_images(None, mine)


def test_pauses_are_spread_by_a_fifth_to_either_side() -> None:
    assert POLICY.pause(1, 0.0).total_seconds() == pytest.approx(4)
    assert POLICY.pause(1, 1.0).total_seconds() == pytest.approx(6)
    assert POLICY.pause(9, 0.5).total_seconds() == pytest.approx(120)
