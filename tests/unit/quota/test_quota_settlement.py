"""The end of a grant: what was delivered is kept, the rest is given back at once."""

from datetime import timedelta

import pytest

from services.contracts.events import UsageChanged
from services.quota.core import AccountQuota, JobEnd, Operation, Verdict, reserve, settle, write_off
from tests.unit.quota.cases import (
    BOOK,
    DAY,
    HOUR,
    NOON,
    after,
    cancelled,
    completed,
    drawn,
    failed,
    job,
    requested,
)


def running(units: int = 1, images: int | None = None) -> AccountQuota:
    return after(reserve(None, requested(1, units=units, images=images), BOOK, NOON))


def test_a_completed_job_keeps_its_units_until_they_leave() -> None:
    outcome = settle(running(2), completed(1, images=2), NOON + HOUR)
    assert outcome.verdict is Verdict.COMMITTED
    state = after(outcome)
    assert (state.open, state.oldest_open_at) == ((), None)
    assert state.used == 2
    assert state.at(NOON + DAY - timedelta(milliseconds=1)).used == 2
    assert state.at(NOON + DAY).used == 0


@pytest.mark.parametrize("end", [failed(1), cancelled(1)])
def test_a_job_that_did_not_complete_gives_its_units_back(end: JobEnd) -> None:
    outcome = settle(running(3), end, NOON)
    assert outcome.verdict is Verdict.RELEASED
    assert after(outcome).used == 0
    assert outcome.row is not None
    assert (outcome.row.operation, outcome.row.units, outcome.row.given_back) == (
        Operation.RELEASE,
        0,
        3,
    )


def test_images_that_did_not_come_are_given_back() -> None:
    outcome = settle(running(3), completed(1, images=2), NOON)
    assert after(outcome).used == 2
    assert outcome.row is not None
    assert (outcome.row.units, outcome.row.given_back) == (2, 1)


def test_a_fraction_of_a_unit_is_the_accounts() -> None:
    outcome = settle(running(3, images=2), completed(1, images=1), NOON)
    assert after(outcome).used == 1


def test_more_images_than_asked_for_cost_no_more() -> None:
    assert after(settle(running(1), completed(1, images=3), NOON)).used == 1


def test_a_job_that_yields_no_whole_unit_holds_nothing() -> None:
    outcome = settle(running(1, images=2), completed(1, images=1), NOON)
    assert after(outcome).spent == ()


def test_a_job_that_ends_after_its_window_keeps_nothing_in_it() -> None:
    state = after(settle(running(2), completed(1, images=2), NOON + 2 * DAY))
    assert (state.used, state.spent) == (0, ())


def test_a_settlement_is_told_and_filed() -> None:
    outcome = settle(running(2), completed(1, images=2), NOON + HOUR)
    assert outcome.change is not None
    (usage,) = outcome.change.events
    assert isinstance(usage, UsageChanged)
    assert usage.version == 2
    assert [(grant.units, grant.open) for grant in usage.grants] == [(2, False)]
    (row,) = outcome.change.rows
    assert row.id == f"{job(1)}:commit"
    assert row.fields["since"] == NOON, "a job's rows age together"


@pytest.mark.parametrize("again", [completed(1), failed(1), cancelled(1)])
def test_a_second_end_changes_nothing(again: JobEnd) -> None:
    state = after(settle(running(), completed(1), NOON))
    outcome = settle(state, again, NOON + HOUR)
    assert (outcome.verdict, outcome.change) == (Verdict.REPEATED, None)


def test_the_end_of_a_job_that_was_never_granted_changes_nothing() -> None:
    assert settle(None, completed(1), NOON).verdict is Verdict.UNMATCHED
    outcome = settle(drawn(None, 1), failed(2), NOON)
    assert (outcome.verdict, outcome.change) == (Verdict.UNMATCHED, None)


def test_a_grant_whose_end_never_came_is_given_back() -> None:
    state = after(reserve(running(1), requested(2, units=2), BOOK, NOON + HOUR))
    outcome = write_off(state, NOON + HOUR, NOON + DAY)
    assert outcome.verdict is Verdict.LEAKED
    assert outcome.row is not None
    assert (outcome.row.job, outcome.row.operation, outcome.row.given_back) == (
        job(1),
        Operation.LEAK,
        1,
    )
    left = after(outcome)
    assert [grant.job for grant in left.open] == [job(2)]
    assert left.oldest_open_at == NOON + HOUR


def test_an_end_that_comes_after_all_does_not_charge_what_was_written_off() -> None:
    state = after(write_off(running(), NOON + HOUR, NOON + 2 * DAY))
    assert settle(state, completed(1), NOON + 2 * DAY).verdict is Verdict.REPEATED


def test_there_is_nothing_to_write_off_while_grants_are_young() -> None:
    assert write_off(None, NOON, NOON).change is None
    assert write_off(drawn(None, 1), NOON + DAY, NOON + DAY).change is None
    assert write_off(running(), NOON, NOON + DAY).change is None
