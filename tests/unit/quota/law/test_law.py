"""The law: when it tightens, how far, when it relaxes, and what it does without news."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.events import Heat
from services.quota.core.law import DEFAULTS, LawState, Mode, Seen, Wishes, follow
from tests.unit.quota.law.weather import START, Weather, signal, wishes


def test_a_cool_fleet_leaves_every_plan_its_own_limit() -> None:
    state = Weather().stays(600, times=0.5, wait=20)
    assert (state.m, state.mode) == (1.0, Mode.PLAN)


def test_one_slow_look_is_no_trouble_yet() -> None:
    weather = Weather()
    weather.stays(5, times=3, wait=130)
    assert weather.state.mode is Mode.PLAN
    weather.stays(5, times=0.3, wait=0)
    assert (weather.state.mode, weather.state.hot_for) == (Mode.PLAN, 0.0)


def test_trouble_for_two_ticks_tightens() -> None:
    weather = Weather()
    weather.stays(10, times=5, wait=130)
    assert weather.state.mode is Mode.LOAD
    assert weather.state.m < 1
    assert weather.state.since == weather.now


def test_demand_that_will_fill_the_queue_is_trouble_before_it_does() -> None:
    assert Weather().stays(10, times=5, wait=0).mode is Mode.LOAD


def test_a_paid_lane_in_trouble_is_trouble_too() -> None:
    assert Weather().stays(10, times=0.5, paid_wait=21, wait=21).mode is Mode.LOAD


def test_m_falls_to_a_quarter_at_most_in_one_tick() -> None:
    weather = Weather()
    weather.stays(10, times=50, wait=130)
    before = weather.state.m
    weather.stays(5, times=50, wait=130)
    assert weather.state.m == pytest.approx(before / 4)


@pytest.mark.parametrize("times", [2.0, 5.0, 10.0])
def test_m_lets_in_what_the_fleet_can_draw(times: float) -> None:
    """With a quiet queue at its target: 95 % of the capacity, within the band for relaxing."""
    aim = DEFAULTS.target * DEFAULTS.free_wait
    weather = Weather()
    weather.stays(60, times=times, wait=100)
    state = weather.stays(600, times=times, wait=aim)
    assert state.m * times == pytest.approx(DEFAULTS.use, rel=0.16)


def test_m_rises_only_after_a_lull_and_then_step_by_step() -> None:
    weather = Weather()
    hot = weather.stays(120, times=10, wait=100)
    weather.stays(25, times=0.3, wait=60)
    assert weather.state.m == hot.m
    weather.stays(10, times=0.3, wait=60)
    steps = [weather.stays(5, times=0.3, wait=60).m for _ in range(3)]
    assert hot.m < steps[0] < steps[1] < steps[2] < 0.5


def test_the_fleet_that_cooled_gets_its_own_limits_back_and_calms_down() -> None:
    weather = Weather()
    weather.stays(300, times=10, wait=60)
    weather.stays(300, times=0.3)
    assert weather.state.m == 1
    weather.stays(60, times=0.3)
    assert weather.state.mode is Mode.PLAN


def test_nothing_is_relaxed_while_a_worker_leaves() -> None:
    weather = Weather()
    hot = weather.stays(120, times=10, wait=100)
    assert weather.stays(120, times=0.3, leaving=True).m == hot.m


def test_a_silent_signal_holds_m_for_a_minute() -> None:
    weather = Weather()
    hot = weather.stays(120, times=10, wait=100)
    silent = weather.now
    assert weather.stays(60, times=10, wait=100, silent_since=silent).mode is Mode.LOAD
    blind = weather.stays(300, times=10, wait=100, silent_since=silent)
    assert blind.mode is Mode.STALE
    assert blind.m <= hot.m, "it opens nothing while nobody knows"


def test_a_cool_fleet_that_falls_silent_is_trusted_less_and_less() -> None:
    weather = Weather()
    weather.stays(60)
    silent = weather.now
    weather.stays(60, silent_since=silent)
    assert weather.state.m == 1
    weather.stays(300, silent_since=silent)
    assert 0.4 < weather.state.m < 0.8
    weather.stays(3_000, silent_since=silent)
    assert weather.state.m == pytest.approx(DEFAULTS.blind, rel=0.01)


def test_a_signal_that_comes_back_ends_the_blindness() -> None:
    weather = Weather()
    weather.stays(60)
    weather.stays(600, silent_since=weather.now)
    assert weather.stays(10).mode is Mode.LOAD
    assert weather.stays(400).mode is Mode.PLAN


def test_who_never_heard_a_report_changes_nothing() -> None:
    seen = Seen(now=START, signal=None, heat=Heat.COOL, wishes=Wishes(60))
    assert follow(LawState(), seen, DEFAULTS) == LawState(at=START)


def test_a_second_tick_at_once_moves_nothing() -> None:
    """Two leaders at once: the second finds the document as the first left it."""
    weather = Weather()
    weather.stays(15, times=50, wait=130)
    told = signal(weather.now, wait=130)
    seen = Seen(now=weather.now, signal=told, heat=Heat.HOT, wishes=wishes(weather.now, times=50))
    assert follow(weather.state, seen, DEFAULTS) == weather.state


def test_a_leader_whose_clock_is_behind_does_nothing() -> None:
    weather = Weather()
    weather.stays(15, times=50, wait=130)
    behind = weather.now - timedelta(seconds=30)
    seen = Seen(
        now=behind,
        signal=signal(weather.now, wait=130),
        heat=Heat.HOT,
        wishes=wishes(behind, times=50),
    )
    assert follow(weather.state, seen, DEFAULTS) == weather.state


def test_a_memory_from_a_clock_that_was_hours_ahead_does_not_stop_the_law() -> None:
    weather = Weather(LawState(at=START + timedelta(hours=3)))
    assert weather.stays(10, times=5, wait=130).mode is Mode.LOAD


def test_a_law_ten_times_as_fast_has_every_time_ten_times_as_short() -> None:
    fast = DEFAULTS.faster(10)
    assert (fast.tick, fast.settle, fast.free_wait) == (0.5, 6.0, 12.0)
    assert (fast.use, fast.floor, fast.least) == (DEFAULTS.use, DEFAULTS.floor, DEFAULTS.least)
    assert replace(fast, tick=5.0) != DEFAULTS


_WEATHERS = st.lists(
    st.tuples(
        st.floats(0, 40),  # times the capacity
        st.floats(0, 3_600),  # free wait
        st.floats(0, 3_600),  # paid wait
        st.floats(0, 200),  # age of the report
        st.floats(0, 30),  # until the next tick
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(_WEATHERS)
def test_whatever_comes_m_stays_in_its_bounds_and_falls_no_faster_than_it_may(
    weathers: list[tuple[float, float, float, float, float]],
) -> None:
    state, now = LawState(), START
    for times, wait, paid_wait, age, step in weathers:
        now += timedelta(seconds=step)
        told = signal(now - timedelta(seconds=age), wait=wait, paid_wait=min(paid_wait, wait))
        asked = wishes(now, times=times, count=40)
        before = state
        state = follow(state, Seen(now=now, signal=told, heat=Heat.HOT, wishes=asked), DEFAULTS)
        assert DEFAULTS.least <= state.m <= 1
        assert state.m >= DEFAULTS.steepest * before.m * 0.999
        assert state.tight or state.m == 1
        assert state.budget >= 0
        rises = state.m > before.m
        assert not rises or state.mode in (Mode.LOAD, Mode.PLAN)
