"""How many workers are wanted."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.render.core import Asked, Bounds, Scale, scaled

BOUNDS = Bounds(least=1, most=8, drain_seconds=30, calm_seconds=60)
IDLE = Asked(offered=None, drained=0, backlog=0, deferred=0, running=0, speed=1)
RATES = st.floats(0, 50)
ASKED = st.builds(
    Asked,
    offered=st.none() | RATES,
    drained=RATES,
    backlog=st.floats(0, 5000),
    deferred=st.floats(0, 5000),
    running=st.integers(0, 64),
    speed=st.floats(0.01, 20),
)
ANY_BOUNDS = st.builds(
    lambda least, more, drain, calm: Bounds(
        least=least, most=least + more, drain_seconds=drain, calm_seconds=calm
    ),
    st.integers(0, 4),
    st.integers(0, 10),
    st.floats(1, 300),
    st.floats(0, 300),
)


def settled(asked: Asked, bounds: Bounds = BOUNDS, wanted: int = 1, seconds: int = 1200) -> Scale:
    scale = Scale(wanted=wanted)
    for now in range(seconds):
        scale = scaled(scale, asked, bounds, now)
    return scale


def test_a_backlog_is_met_at_once_by_as_many_as_empty_it_in_time() -> None:
    scale = scaled(Scale(wanted=1), replace(IDLE, backlog=90), BOUNDS, 0)
    assert scale.wanted == 3
    assert scale.reason == (
        "0.00 a second begun, 90.00 waiting, 0 drawn now, 1.00 a second for each worker"
    )


def test_what_is_offered_counts_though_little_of_it_is_let_in() -> None:
    asked = replace(IDLE, offered=4.0, drained=0.9)
    assert scaled(Scale(wanted=1), asked, BOUNDS, 0).wanted == 5
    assert scaled(Scale(wanted=1), replace(asked, offered=None), BOUNDS, 0).wanted == 1


def test_a_full_worker_gets_company_and_two_half_full_ones_stay() -> None:
    assert settled(replace(IDLE, drained=1.0, running=8)).wanted == 2


def test_workers_leave_one_at_a_time_each_after_a_calm_spell() -> None:
    scale, left = Scale(wanted=4), []
    for now in range(400):
        before, scale = scale.wanted, scaled(scale, IDLE, BOUNDS, now)
        if scale.wanted < before:
            left.append(now)
    assert left == [60, 120, 180]
    assert scale.wanted == 1


def test_a_burst_in_a_calm_spell_begins_it_anew() -> None:
    scale = Scale(wanted=2)
    for now in range(59):
        scale = scaled(scale, IDLE, BOUNDS, now)
    scale = scaled(scale, replace(IDLE, backlog=60), BOUNDS, 59)
    for now in range(60, 119):
        scale = scaled(scale, IDLE, BOUNDS, now)
    assert scale.wanted == 2


def test_to_zero_and_from_it() -> None:
    none = replace(BOUNDS, least=0)
    assert settled(IDLE, none).wanted == 0
    assert settled(replace(IDLE, running=1), none).wanted == 1
    assert scaled(Scale(wanted=0), replace(IDLE, deferred=0.1), none, 0).wanted == 1
    assert scaled(Scale(wanted=0), replace(IDLE, backlog=0.1), none, 0).wanted == 1


def test_what_has_no_promise_is_worth_one_worker_and_no_more() -> None:
    assert settled(replace(IDLE, deferred=5000)).wanted == 1


@given(st.integers(0, 30), ASKED, ANY_BOUNDS)
def test_it_never_leaves_its_bounds(wanted: int, asked: Asked, bounds: Bounds) -> None:
    assert bounds.least <= scaled(Scale(wanted=wanted), asked, bounds, 0).wanted <= bounds.most


@given(st.lists(ASKED, min_size=2, max_size=30), ANY_BOUNDS)
def test_it_falls_by_one_and_not_before_the_spell_is_over(
    asked: list[Asked], bounds: Bounds
) -> None:
    scale, last = scaled(Scale(wanted=bounds.least), asked[0], bounds, 0), 0.0
    for number, one in enumerate(asked):
        now = number * 10.0
        before, scale = scale.wanted, scaled(scale, one, bounds, now)
        if scale.wanted < before:
            assert scale.wanted == before - 1
            assert now - last >= bounds.calm_seconds
        if scale.wanted != before:
            last = now


@given(ASKED, ANY_BOUNDS, st.integers(0, 14))
def test_what_stays_the_same_never_makes_it_turn_around(
    asked: Asked, bounds: Bounds, wanted: int
) -> None:
    scale, seen = Scale(wanted=wanted), []
    for now in range(0, 3000, 20):
        scale = scaled(scale, asked, bounds, now)
        seen.append(scale.wanted)
    assert seen in (sorted(seen), sorted(seen, reverse=True))


@given(ASKED, ANY_BOUNDS, st.floats(0, 1000), RATES)
def test_who_asks_for_more_gets_no_fewer(
    asked: Asked, bounds: Bounds, backlog: float, rate: float
) -> None:
    more = replace(asked, backlog=asked.backlog + backlog, drained=asked.drained + rate)
    start = Scale(wanted=bounds.least)
    assert scaled(start, more, bounds, 0).wanted >= scaled(start, asked, bounds, 0).wanted
