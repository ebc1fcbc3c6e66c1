"""What a lowered limit refuses, whom, and what it says."""

from services.contracts import AccountId, Lane, hash_offset
from services.contracts.events import Rule
from services.quota.core import reserve, settle
from tests.unit.quota.cases import (
    BOOK,
    DAY,
    FREE,
    HOUR,
    MINUTE,
    NOON,
    admitted,
    after,
    book,
    completed,
    drawn,
    limits,
    rejected,
    requested,
)


def offset_of(low: float, high: float) -> AccountId:
    """An account whose hash offset lies between the two."""
    candidates = (AccountId(f"acc_{number:032x}") for number in range(10_000))
    return next(account for account in candidates if low <= hash_offset(account, NOON) < high)


def test_a_lowered_limit_refuses_by_load_and_says_why_and_until_when() -> None:
    account = offset_of(0, 0.5)
    said = limits(0.5, expected_end=NOON + HOUR)
    state = after(reserve(None, requested(1, account=account), book(said), NOON))
    outcome = reserve(state, requested(2, account=account), book(said), NOON + MINUTE)
    decision = rejected(outcome)
    assert decision.rule is Rule.LOAD
    assert (decision.quota.limit, decision.quota.limit_normally) == (1, 3)
    assert (decision.quota.m, decision.quota.limits_version) == (0.5, 7)
    assert decision.retry_at == NOON + HOUR, "the limit is the plan's own again by then"
    assert decision.reason == (
        "The Free plan gives for now 1 image instead of 3 (The fleet is melting). "
        "You have used 1 image; there is room for 1 more at 2036-01-01 13:00:00 UTC."
    )


def test_the_hash_offset_gives_some_accounts_the_next_whole_unit() -> None:
    lucky, other = offset_of(0.5, 1), offset_of(0, 0.5)
    said = book(limits(0.5))
    quotas = {
        account: admitted(reserve(None, requested(1, account=account), said, NOON)).quota.limit
        for account in (lucky, other)
    }
    assert quotas == {lucky: 2, other: 1}


def test_a_lowered_limit_without_a_known_end_waits_for_the_window() -> None:
    account = offset_of(0, 0.5)
    said = book(limits(0.5))
    state = after(reserve(None, requested(1, account=account), said, NOON))
    decision = rejected(reserve(state, requested(2, account=account), said, NOON))
    assert decision.retry_at
    assert NOON < decision.retry_at <= NOON + DAY, "its own day turns before, or units leave"


def test_a_limit_of_nothing_without_a_known_end_names_no_moment() -> None:
    account = offset_of(0, 0.5)
    said = book(limits(0.0, cause=""))
    decision = rejected(reserve(None, requested(1, account=account), said, NOON))
    assert decision.rule is Rule.LOAD
    assert (decision.retry_at, decision.resets_at) == (None, None)
    assert decision.reason == (
        "The Free plan gives for now 0 images instead of 3 (the fleet is cool). "
        "You have used 0 images; nobody can say yet when there is room again."
    )


def test_an_expected_end_that_is_past_is_no_promise() -> None:
    account = offset_of(0, 0.5)
    said = book(limits(0.0, expected_end=NOON - MINUTE))
    decision = rejected(reserve(None, requested(1, account=account), said, NOON))
    assert decision.retry_at is None


def test_a_used_up_window_under_load_waits_for_the_later_of_both() -> None:
    account = offset_of(0, 0.5)
    state = None
    for number in (1, 2, 3):
        state = after(reserve(state, requested(number, account=account), BOOK, NOON))
        state = after(settle(state, completed(number, account=account), NOON))
    late = book(limits(0.1, expected_end=NOON + 2 * DAY))
    decision = rejected(reserve(state, requested(4, account=account), late, NOON + HOUR))
    assert decision.rule is Rule.WINDOW
    assert decision.retry_at
    assert NOON + DAY <= decision.retry_at <= NOON + 2 * DAY
    soon = book(limits(0.1, expected_end=NOON + 2 * HOUR))
    decision = rejected(reserve(state, requested(5, account=account), soon, NOON + HOUR))
    assert decision.retry_at == NOON + DAY


def test_a_limit_that_falls_below_what_is_used_takes_nothing_back() -> None:
    state = drawn(None, 1, 2)
    outcome = reserve(state, requested(3), book(limits(0.0)), NOON)
    assert rejected(outcome).quota.left == 0
    assert after(outcome).used == 2


def test_an_exempt_plan_does_not_feel_the_load() -> None:
    said = limits(0.1).model_copy(update={"plan": "plus"})
    decision = admitted(reserve(None, requested(1, plan="plus"), book(said), NOON))
    assert (decision.quota.limit, decision.quota.m, decision.quota.limits_version) == (20, 1.0, 7)
    assert decision.lane is Lane.PAID


def test_limits_of_another_pool_are_not_felt() -> None:
    decision = admitted(reserve(None, requested(1, pool="xl"), book(limits(0.0)), NOON))
    assert decision.quota.limit == FREE.images
