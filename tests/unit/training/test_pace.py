"""Training by the clock."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.pace import Pace, rate


def ticking(seconds: float) -> Iterator[float]:
    at = 0.0
    while True:
        yield at
        at += seconds


def test_it_ends_when_its_time_is_over_and_tells_how_far_it_is() -> None:
    time = ticking(0.5)
    pace = Pace(10, clock=lambda: next(time))
    done = list(pace.steps())
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] < 1
    assert pace.step == len(done)
    assert pace.used == pytest.approx(10, abs=1)


def test_one_that_was_interrupted_goes_on_with_what_is_left() -> None:
    time = ticking(1)
    whole = len(list(Pace(20, clock=lambda: next(time)).steps()))
    time = ticking(1)
    rest = Pace(20, used=15, step=100, clock=lambda: next(time))
    assert next(rest.steps()) >= 0.75
    assert 100 + len(list(rest.steps())) < 100 + whole / 2


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_rate_stays_between_nothing_and_the_highest(step: int, done: float) -> None:
    assert 0 < rate(1e-3, step, done) <= 1e-3


def test_the_rate_rises_first_and_falls_at_last() -> None:
    assert rate(1, 0, 0) < rate(1, 50, 0.1) < rate(1, 99, 0.2) == 1
    assert rate(1, 500, 0.5) == 1 > rate(1, 800, 0.75) > rate(1, 1000, 1)
