"""How many rows are worth joining, from the steps seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.core import StepTime

ALL = 64


def measured(base: float, slope: float, sizes: tuple[int, ...] = (1, 2, 4)) -> StepTime:
    """A model whose step takes base + slope x rows, seen a few times at each size."""
    time = StepTime()
    for _ in range(3):
        for size in sizes:
            time = time.seen(size, base + slope * size)
    return time


def test_what_was_never_seen_is_tried_by_doubling() -> None:
    assert StepTime().limit(1, ALL) == 2
    assert StepTime().seen(4, 1.0).limit(1, ALL) == 8


def test_a_model_that_only_computes_gains_nothing_by_joining() -> None:
    assert measured(base=0.0, slope=0.1).limit(1, ALL) == 1


def test_a_model_that_only_waits_for_its_launch_joins_while_one_more_adds_a_tenth() -> None:
    assert measured(base=0.1, slope=0.0, sizes=(1, 2, 4, 8, 16)).limit(1, ALL) == 11


def test_a_guided_render_counts_as_a_pair_of_rows() -> None:
    limit = measured(base=0.1, slope=0.0, sizes=(2, 4, 8, 16, 32)).limit(2, ALL)
    assert limit == 22


def test_steps_of_one_size_say_nothing_of_another() -> None:
    assert measured(base=0.0, slope=0.1, sizes=(1,)).limit(1, ALL) == 2


def test_what_did_not_fit_into_memory_is_not_tried_again() -> None:
    assert measured(base=1.0, slope=0.0, sizes=(1, 8)).refused(8).limit(1, ALL) == 4


def test_the_first_step_of_a_size_does_not_count() -> None:
    slow_start = StepTime().seen(1, 99.0)
    assert slow_start.seen(1, 1.0) == StepTime(sizes=frozenset({1})).seen(1, 1.0)


def test_a_change_of_pace_is_learnt_within_a_few_hundred_steps() -> None:
    time = measured(base=1.0, slope=0.0, sizes=(1, 2, 4, 8))
    for _ in range(150):
        for size in (1, 2):
            time = time.seen(size, 0.1 * size)
    assert time.limit(1, ALL) == 1


@given(
    base=st.floats(0.001, 1.0),
    slope=st.floats(0.0001, 1.0),
    each=st.integers(1, 4),
    at_most=st.integers(1, 64),
)
def test_the_limit_is_the_last_size_at_which_one_more_call_was_worth_it(
    base: float, slope: float, each: int, at_most: int
) -> None:
    limit = measured(base, slope, sizes=(1, 2, 4, 8, 16, 32, 64)).limit(each, at_most)
    assert limit == each or limit <= at_most
    assert limit % each == 0

    def rate(rows: int) -> float:
        return rows / (base + slope * rows)

    for rows in range(each, limit - each + 1, each):
        assert rate(rows + each) / rate(rows) >= 1.1 - 1e-3
    if limit + each <= at_most:
        assert rate(limit + each) / rate(limit) < 1.1 + 1e-3


@pytest.mark.parametrize("seconds", [0.0, 1e-12])
def test_a_clock_that_did_not_move_is_no_reason_to_fail(seconds: float) -> None:
    time = StepTime().seen(1, seconds).seen(1, seconds).seen(2, seconds).seen(2, seconds)
    assert time.limit(1, ALL) >= 1


def test_what_a_step_costs_however_small_is_known_from_two_sizes_on() -> None:
    assert measured(base=0.3, slope=0.1, sizes=(1,)).base is None
    assert measured(base=0.3, slope=0.1).base == pytest.approx(0.3)
