"""Pressure, budget, wishes and the outlook: the law's arithmetic."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import Lane, effective_limit
from services.quota.core.law import (
    DEFAULTS,
    LawState,
    Mode,
    Wish,
    Wishes,
    budget_of,
    critical_multiplier,
    ends_in,
    pressure_of,
    relax_seconds,
)
from tests.unit.quota.law.weather import CAPACITY, START, signal, wishes


def budget(wait: float, paid: float = 0.0, paid_wait: float = 0.0) -> float:
    told = signal(wait=wait, paid_wait=paid_wait)
    return budget_of(told, pressure_of(told, paid, 0, DEFAULTS), paid, DEFAULTS)


def test_at_its_target_the_backlog_stays_and_what_paid_jobs_leave_is_given_out() -> None:
    assert budget(30) == pytest.approx(9.5)
    told = signal(wait=30)
    free = told.free_backlog / (CAPACITY - 4)
    assert free > 30, "the same backlog is a longer wait beside paid jobs"
    assert budget(18, paid=4.0) == pytest.approx(5.5)


def test_an_empty_queue_is_filled_within_a_minute_and_a_full_one_emptied() -> None:
    assert budget(0) == pytest.approx(9.5 + 300 / 60)
    assert budget(60) == pytest.approx(9.5 - 300 / 60)


def test_free_jobs_keep_their_floor_whatever_waits() -> None:
    assert budget(10, paid=50) == pytest.approx(0.5)
    assert budget(3_600, paid_wait=3_600) == pytest.approx(0.5)


def test_a_backlog_however_long_takes_seven_tenths_of_the_budget() -> None:
    assert budget(3_600) == pytest.approx(0.3 * 9.5)


def test_paid_jobs_that_wait_too_long_take_from_the_free_budget() -> None:
    assert budget(20, paid_wait=20) == pytest.approx(0.5)
    half = budget(18, paid_wait=18)
    assert 0.5 < half < budget(16, paid_wait=16)


def test_workers_that_are_about_to_draw_count_in_advance() -> None:
    soon = signal(wait=30, coming=((20, 10.0),))
    late = signal(wait=30, coming=((200, 10.0), (None, 10.0)))
    assert budget_of(soon, pressure_of(soon, 0, 0, DEFAULTS), 0, DEFAULTS) > 19
    assert budget_of(late, pressure_of(late, 0, 0, DEFAULTS), 0, DEFAULTS) == pytest.approx(9.5)


def test_surplus_demand_is_looked_ahead_and_starting_workers_with_it() -> None:
    told = signal(wait=10)
    assert pressure_of(told, 5, 15, DEFAULTS).ahead == pytest.approx(10 + 10 * 30 / 5)
    helped = signal(wait=10, coming=((25, 10.0),))
    assert pressure_of(helped, 5, 15, DEFAULTS).ahead == 10


def test_the_worse_of_both_lanes_is_the_pressure() -> None:
    assert pressure_of(signal(wait=60, paid_wait=15), 0, 0, DEFAULTS).worst == 0.75
    assert pressure_of(signal(wait=120), 0, 0, DEFAULTS).worst == 1


def test_a_fleet_without_workers_has_no_budget() -> None:
    told = signal(wait=3_600, capacity=0)
    assert budget_of(told, pressure_of(told, 0, 5, DEFAULTS), 0, DEFAULTS) == 0


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_the_critical_multiplier_is_where_the_limit_begins_to_fit(
    wanted: int, images: int, h: float
) -> None:
    critical = critical_multiplier(wanted, images, h)
    if wanted <= images:
        assert effective_limit(images, critical, h) >= wanted
        below = critical - 0.01
        assert below < 0 or effective_limit(images, below, h) < wanted


@given(st.floats(0.01, 0.99))
def test_the_multiplier_lets_in_the_budget(share: float) -> None:
    asked = wishes(times=4)
    assert asked.multiplier(share * 4 * CAPACITY) == pytest.approx(share, abs=0.01)


def test_a_budget_for_all_wishes_is_a_multiplier_of_one() -> None:
    assert wishes(times=0.5).multiplier(CAPACITY) == 1
    assert Wishes(60).multiplier(0.0) == 1


def wish(account: str, seconds: float, critical: float | None = 0.5, cost: float = 60) -> Wish:
    at = START + timedelta(seconds=seconds)
    return Wish(account=account, wanted=1, at=at, lane=Lane.FREE, cost=cost, critical=critical)


def test_who_asks_again_counts_once() -> None:
    asked = Wishes(60).heard([wish("a", second) for second in range(20)], START)
    assert asked.adaptive == 1
    assert asked.heard([wish("b", 20)], START).adaptive == 2


def test_a_wish_counts_for_a_minute() -> None:
    asked = Wishes(60).heard([wish("a", 0)], START)
    assert asked.heard([], START + timedelta(seconds=59)).adaptive == 1
    assert asked.heard([], START + timedelta(seconds=60)).adaptive == 0


def test_what_is_exempt_is_told_apart_and_both_are_offered() -> None:
    asked = wishes(times=2, paid=0.3)
    assert asked.exempt == pytest.approx(3)
    assert asked.adaptive == pytest.approx(20)
    offered = asked.offered()
    assert (offered[Lane.PAID], offered[Lane.FREE]) == pytest.approx((3, 20))


def test_few_wishes_are_noisier_than_many() -> None:
    few, many = wishes(times=2, count=20), wishes(times=2, count=2_000)
    assert few.noise(10) > 5 * many.noise(10) > 0
    assert few.noise(0) == 0


def tight(m: float, *, wanted: float, budget: float, loose_for: float = 0.0) -> LawState:
    return LawState(
        at=START,
        m=m,
        smooth=m,
        mode=Mode.LOAD,
        wanted=wanted,
        budget=budget,
        loose_for=loose_for,
    )


def test_nobody_can_say_when_more_is_wanted_than_will_ever_be_there() -> None:
    state = tight(0.1, wanted=50, budget=9)
    assert ends_in(state, signal(), 0, DEFAULTS) is None
    unknown = signal(coming=((None, 90.0),))
    assert ends_in(state, unknown, 0, DEFAULTS) is None


def test_limits_end_when_the_starting_workers_draw_and_m_has_risen() -> None:
    state = tight(0.1, wanted=50, budget=9)
    helped = signal(coming=((200, 60.0),))
    expected = 200 + DEFAULTS.loose_for + relax_seconds(0.1, 1, DEFAULTS)
    assert ends_in(state, helped, 0, DEFAULTS) == expected


def test_a_calm_fleet_only_has_to_let_m_rise() -> None:
    state = tight(0.5, wanted=3, budget=9, loose_for=30)
    assert ends_in(state, signal(), 0, DEFAULTS) == relax_seconds(0.5, 1, DEFAULTS)
    assert 60 <= relax_seconds(0.5, 1, DEFAULTS) <= 90
