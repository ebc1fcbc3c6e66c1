"""A request and an account come in, an admission or a rejection goes out."""

from datetime import timedelta

import pytest

from services.contracts import Lane, hash_offset
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobAdmitted,
    Rule,
    UsageChanged,
)
from services.quota.core import (
    AccountQuota,
    Operation,
    Verdict,
    change_account,
    reserve,
    settle,
)
from tests.unit.quota.cases import (
    ACCOUNT,
    BOOK,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    admitted,
    after,
    cancelled,
    completed,
    drawn,
    job,
    rejected,
    requested,
)


def account_with(status: AccountStatus) -> AccountQuota:
    event = AccountChanged(at=NOON, account=ACCOUNT, version=1, plan="free", status=status)
    change = change_account(None, event, NOON)
    assert change is not None
    return change.state


def test_a_first_request_is_admitted_on_its_plans_terms() -> None:
    outcome = reserve(None, requested(1, start_by=NOON + HOUR), BOOK, NOON)
    decision = admitted(outcome)
    assert outcome.verdict is Verdict.ADMITTED
    assert decision.lane is Lane.FREE
    assert decision.start_by == NOON + HOUR
    assert decision.spec.prompt == "a red fox"
    assert (decision.quota.limit, decision.quota.limit_normally) == (3, 3)
    assert (decision.quota.used, decision.quota.units, decision.quota.left) == (0, 1, 3)
    assert (decision.quota.window_seconds, decision.quota.m) == (86_400, 1.0)


def test_an_admission_is_told_with_the_usage_and_files_its_reserve_row() -> None:
    outcome = reserve(None, requested(1, units=2), BOOK, NOON)
    assert outcome.change is not None
    decision, usage = outcome.change.events
    assert isinstance(decision, JobAdmitted)
    assert isinstance(usage, UsageChanged)
    assert usage.version == 1
    assert usage.hash_offset == hash_offset(ACCOUNT, NOON)
    (grant,) = usage.grants
    assert (grant.job, grant.units, grant.open) == (job(1), 2, True)
    assert grant.leaves_at == NOON + DAY
    (row,) = outcome.change.rows
    assert (row.collection, row.id) == ("ledger", f"{job(1)}:reserve")
    assert row.fields["quota"]["limit"] == 3
    assert row.fields["leaves_at"] == NOON + DAY


def test_the_fourth_image_within_the_window_is_refused_until_the_first_leaves() -> None:
    state = drawn(None, 1, now=NOON)
    state = drawn(state, 2, 3, now=NOON + HOUR)
    decision = rejected(reserve(state, requested(4), BOOK, NOON + 2 * HOUR))
    assert decision.rule is Rule.WINDOW
    assert (decision.quota.used, decision.quota.limit, decision.quota.left) == (3, 3, 0)
    assert decision.retry_at == NOON + DAY
    assert decision.resets_at == NOON + HOUR + DAY
    assert decision.reason == (
        "You have used 3 images and the Free plan gives 3 images in 24 hours; "
        "there is room for 1 more at 2036-01-02 12:00:00 UTC."
    )


def test_the_moment_told_is_the_first_at_which_it_fits() -> None:
    state = drawn(None, 1, 2, 3)
    told = rejected(reserve(state, requested(4), BOOK, NOON + HOUR)).retry_at
    assert told is not None
    early = reserve(state, requested(5), BOOK, told - timedelta(milliseconds=1))
    assert rejected(early).rule is Rule.WINDOW
    assert reserve(state, requested(6), BOOK, told).verdict is Verdict.ADMITTED


def test_a_request_of_several_images_waits_for_as_many_to_leave() -> None:
    state = drawn(None, 1)
    state = drawn(state, 2, now=NOON + HOUR)
    decision = rejected(reserve(state, requested(3, units=3), BOOK, NOON + 2 * HOUR))
    assert decision.rule is Rule.WINDOW
    assert decision.retry_at == NOON + HOUR + DAY


def test_units_are_reserved_all_or_none() -> None:
    outcome = reserve(drawn(None, 1, 2), requested(3, units=2), BOOK, NOON)
    assert rejected(outcome).rule is Rule.WINDOW
    assert after(outcome).used == 2
    assert after(outcome).open == ()


def test_a_request_larger_than_the_plan_is_refused_for_ever() -> None:
    decision = rejected(reserve(None, requested(1, units=4), BOOK, NOON))
    assert decision.rule is Rule.REQUEST_TOO_LARGE
    assert decision.retry_at is None
    assert decision.reason == ("4 images can never fit: the Free plan gives 3 images in 24 hours.")


def test_as_many_open_jobs_as_the_plan_runs_refuse_another() -> None:
    state = after(reserve(None, requested(1), BOOK, NOON))
    state = after(reserve(state, requested(2), BOOK, NOON))
    decision = rejected(reserve(state, requested(3), BOOK, NOON))
    assert decision.rule is Rule.CONCURRENCY
    assert decision.retry_at is None, "nobody knows when a job ends"
    assert decision.resets_at == NOON + DAY
    assert decision.reason == "The Free plan runs 2 jobs at once; ask again when one has ended."
    state = after(settle(state, completed(1), NOON))
    assert reserve(state, requested(4), BOOK, NOON).verdict is Verdict.ADMITTED


def test_the_window_is_named_before_the_concurrency() -> None:
    state = after(reserve(None, requested(1, units=2), BOOK, NOON))
    state = after(reserve(state, requested(2), BOOK, NOON))
    assert rejected(reserve(state, requested(3), BOOK, NOON)).rule is Rule.WINDOW


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.ERASED])
def test_an_inactive_account_is_refused(status: AccountStatus) -> None:
    decision = rejected(reserve(account_with(status), requested(1), BOOK, NOON))
    assert decision.rule is Rule.ACCOUNT_INACTIVE
    assert decision.reason == f"The account is {status}; it can't start jobs."


def test_a_plan_that_is_not_in_the_book_is_refused_and_named() -> None:
    decision = rejected(reserve(None, requested(1, plan="gold"), BOOK, NOON))
    assert decision.rule is Rule.UNKNOWN_PLAN
    assert "gold" in decision.reason
    assert (decision.quota.plan, decision.quota.limit) == ("gold", 0)


def test_a_request_that_comes_again_changes_nothing_while_it_runs() -> None:
    state = after(reserve(None, requested(1), BOOK, NOON))
    again = reserve(state, requested(1), BOOK, NOON + MINUTE)
    assert (again.verdict, again.change) == (Verdict.REPEATED, None)


@pytest.mark.parametrize("end", [completed(1), cancelled(1)])
def test_a_request_that_comes_again_changes_nothing_after_its_end(end: object) -> None:
    state = after(reserve(None, requested(1), BOOK, NOON))
    assert isinstance(end, type(completed(1)) | type(cancelled(1)))
    state = after(settle(state, end, NOON))
    assert reserve(state, requested(1), BOOK, NOON + 3 * DAY).verdict is Verdict.REPEATED


def test_a_rejected_request_stays_rejected_when_there_is_room_again() -> None:
    state = drawn(None, 1, 2, 3)
    state = after(reserve(state, requested(4), BOOK, NOON))
    assert reserve(state, requested(4), BOOK, NOON + 3 * DAY).verdict is Verdict.REPEATED


def test_a_clock_that_is_behind_does_not_open_the_window_again() -> None:
    state = drawn(None, 1, 2, 3)
    state = after(reserve(state, requested(4), BOOK, NOON + DAY))
    outcome = reserve(state, requested(5), BOOK, NOON - HOUR)
    assert admitted(outcome).at == NOON + DAY
    assert after(outcome).used == 2
    assert after(outcome).as_of == NOON + DAY


def test_an_open_job_that_outlived_its_window_still_counts() -> None:
    state = after(reserve(None, requested(1, units=3), BOOK, NOON))
    decision = rejected(reserve(state, requested(2), BOOK, NOON + 2 * DAY))
    assert (decision.rule, decision.quota.used) == (Rule.WINDOW, 3)
    assert (decision.retry_at, decision.resets_at) == (None, None)
    assert "nobody can say yet" in decision.reason


def test_a_plan_may_round_the_leaving_up_and_never_down() -> None:
    now = NOON + timedelta(seconds=1)
    outcome = reserve(None, requested(1, plan="plus"), BOOK, now)
    assert after(outcome).open[0].leaves_at == NOON + HOUR + MINUTE
    outcome = reserve(None, requested(1, plan="plus"), BOOK, NOON)
    assert after(outcome).open[0].leaves_at == NOON + HOUR


def test_units_that_leave_together_are_kept_together() -> None:
    state = drawn(None, 1, plan="plus")
    for number in (2, 3):
        state = drawn(state, number, plan="plus", now=NOON + timedelta(seconds=number))
    (first, second) = state.spent
    assert (first.units, first.leaves_at) == (1, NOON + HOUR)
    assert (second.units, second.job, second.leaves_at) == (2, job(3), NOON + HOUR + MINUTE)


def test_a_refusal_tells_of_the_account_only_what_changed() -> None:
    fresh = reserve(None, requested(1, units=4), BOOK, NOON)
    assert fresh.change is not None
    assert [type(event).__name__ for event in fresh.change.events] == [
        "JobRejected",
        "UsageChanged",
    ]
    again = reserve(after(fresh), requested(2, units=4), BOOK, NOON)
    assert again.change is not None
    assert [type(event).__name__ for event in again.change.events] == ["JobRejected"]


def test_rows_have_turns_and_the_limit_in_force() -> None:
    state = drawn(None, 1, 2, 3)
    outcome = reserve(state, requested(4), BOOK, NOON)
    assert outcome.row is not None
    assert (outcome.row.turn, outcome.row.operation) == (7, Operation.DENY)
    assert (outcome.row.rule, outcome.row.retry_at) == (Rule.WINDOW, NOON + DAY)
    assert after(outcome).turn == 7
