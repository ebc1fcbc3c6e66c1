"""A refusal names a moment, and the moment is kept."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts import AccountId, effective_limit, hash_offset, hash_turns_at
from services.contracts.events import JobAdmitted, JobRejected, Rule
from services.quota.core import AccountQuota, Book, Doorway, reserve, settle, wish_of
from tests.unit.quota.cases import (
    DAY,
    HOUR,
    NOON,
    PLANS,
    after,
    book,
    completed,
    job,
    limits,
    rejected,
    requested,
)

MINUTE = timedelta(minutes=1)
ACCOUNTS = st.integers(0, 10**6).map(lambda number: AccountId(f"acc_{number:032x}"))


def refused_at(
    m: float, account: AccountId, now: datetime = NOON
) -> tuple[AccountQuota, JobRejected]:
    """An account that asked for as much as it could get at this m, and once more."""
    state: AccountQuota | None = None
    for number in range(1, 10):
        outcome = reserve(state, requested(number, account=account), book(limits(m)), now)
        state = after(outcome)
        if isinstance(outcome.decision, JobRejected):
            return state, outcome.decision
        state = after(settle(state, completed(number, account=account), now))
    raise AssertionError("it was never refused")


@settings(max_examples=100, deadline=None)
@given(ACCOUNTS, st.floats(0.02, 0.9), st.floats(0.0, 1.0))
def test_who_comes_back_at_the_moment_that_was_named_gets_in_whatever_m_is_then(
    account: AccountId, m: float, later_m: float
) -> None:
    state, decision = refused_at(m, account)
    if decision.rule is not Rule.LOAD or decision.retry_at is None:
        return
    again = requested(50, account=account)
    outcome = reserve(state, again, book(limits(later_m)), decision.retry_at)
    assert isinstance(outcome.decision, JobAdmitted)
    assert outcome.decision.quota.used + 1 <= outcome.decision.quota.limit <= 3


@settings(max_examples=100, deadline=None)
@given(ACCOUNTS, st.floats(0.02, 0.9))
def test_the_moment_would_do_without_a_promise_too_if_m_stays(account: AccountId, m: float) -> None:
    state, decision = refused_at(m, account)
    if decision.rule is not Rule.LOAD or decision.retry_at is None:
        return
    then = state.at(decision.retry_at)
    limit = effective_limit(3, m, hash_offset(account, decision.retry_at))
    assert then.used + 1 <= limit


def an_account_refused_for_nothing_used() -> AccountId:
    candidates = (AccountId(f"acc_{number:032x}") for number in range(1_000))
    return next(one for one in candidates if hash_offset(one, NOON) < 0.5)


def test_a_promise_is_kept_for_an_hour_and_no_longer() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    assert decision.retry_at
    nothing = book(limits(0.0))
    kept = reserve(state, requested(50, account=account), nothing, decision.retry_at + 59 * MINUTE)
    over = reserve(state, requested(51, account=account), nothing, decision.retry_at + 61 * MINUTE)
    assert isinstance(kept.decision, JobAdmitted)
    assert rejected(over).rule is Rule.LOAD


def test_who_comes_too_early_is_told_the_same_moment_again() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    early = reserve(state, requested(50, account=account), book(limits(0.01)), NOON + MINUTE)
    assert rejected(early).retry_at == decision.retry_at


def test_a_promise_is_kept_once() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    assert decision.retry_at
    first = reserve(state, requested(50, account=account), book(limits(0.0)), decision.retry_at)
    second = reserve(
        after(first), requested(51, account=account), book(limits(0.0)), decision.retry_at
    )
    assert isinstance(first.decision, JobAdmitted)
    assert rejected(second).rule is Rule.LOAD


def test_a_promise_is_for_as_many_units_as_were_asked_for() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    assert decision.retry_at
    two = requested(50, units=2, account=account)
    outcome = reserve(state, two, book(limits(0.0)), decision.retry_at)
    assert rejected(outcome).rule is Rule.LOAD


def test_a_full_fleet_breaks_no_promise_for_good() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    assert decision.retry_at
    shut = Doorway(shut=True, walled=True, opens_in=MINUTE)
    outcome = reserve(
        state, requested(50, account=account), book(limits(0.0)), decision.retry_at, doorway=shut
    )
    refusal = rejected(outcome)
    assert refusal.rule is Rule.FLEET_FULL
    assert refusal.retry_at
    again = reserve(
        after(outcome), requested(51, account=account), book(limits(0.0)), refusal.retry_at
    )
    assert isinstance(again.decision, JobAdmitted)


def test_those_sent_away_until_the_end_do_not_come_back_in_one_second() -> None:
    said = limits(0.1, expected_end=NOON + HOUR)
    later = said.model_copy(update={"expected_end_latest": NOON + 2 * HOUR})
    moments = set()
    for number in range(200):
        account = AccountId(f"acc_{number:032x}")
        if hash_offset(account, NOON) < 0.6:
            outcome = reserve(None, requested(1, account=account), book(later), NOON)
            moments.add(rejected(outcome).retry_at)
    within = [moment for moment in moments if moment and moment <= NOON + 2 * HOUR]
    assert len(within) > 60
    assert max(within) - min(within) > 20 * MINUTE


def test_an_offset_turns_once_a_day_at_the_accounts_own_hour() -> None:
    hours = set()
    for number in range(100):
        account = AccountId(f"acc_{number:032x}")
        turn = hash_turns_at(account, NOON)
        assert NOON < turn <= NOON + DAY + MINUTE
        before = hash_offset(account, turn - timedelta(seconds=2))
        assert hash_offset(account, NOON) == before != hash_offset(account, turn)
        assert hash_turns_at(account, turn) - turn < DAY + MINUTE
        hours.add(turn.hour)
    assert len(hours) > 18, "no midnight calls everybody at once"


def test_nobody_is_unlucky_for_long() -> None:
    """At a quarter of an image a day, everyone has one within five days."""
    for number in range(300):
        account = AccountId(f"acc_{number:032x}")
        days = [
            effective_limit(3, 1 / 12, hash_offset(account, NOON + day * DAY)) for day in range(30)
        ]
        gaps = "".join("x" if one else "." for one in days)
        assert "....." not in gaps
        assert 6 <= sum(days) <= 9


def test_wishes_are_those_within_the_plans_own_limit() -> None:
    account = an_account_refused_for_nothing_used()
    plain = reserve(None, requested(1, account=account), Book(PLANS), NOON)
    refused = reserve(None, requested(2, account=account), book(limits(0.0)), NOON)
    too_large = reserve(None, requested(3, units=4, account=account), Book(PLANS), NOON)
    paid = reserve(None, requested(4, plan="plus"), Book(PLANS), NOON)
    h = hash_offset(account, NOON)
    rows = [outcome.row for outcome in (plain, refused, too_large, paid)]
    found = [wish_of(row, PLANS) for row in rows if row]
    assert found[0]
    assert found[0].critical == (1 - h) / 3
    assert found[1]
    assert found[1].critical == (1 - h) / 3
    assert found[2] is None
    assert found[3]
    assert found[3].critical is None


def test_what_was_promised_is_no_question_of_m() -> None:
    account = an_account_refused_for_nothing_used()
    state, decision = refused_at(0.1, account)
    assert decision.retry_at
    kept = reserve(state, requested(50, account=account), book(limits(0.0)), decision.retry_at)
    assert kept.row
    wish = wish_of(kept.row, PLANS)
    assert wish
    assert wish.critical == 0
    assert kept.row.job == job(50)
