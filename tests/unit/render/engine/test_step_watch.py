import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.engine.messages import Stepped
from services.render.engine.painter import InterruptedRenderError
from services.render.engine.watch import StepWatch
from tests.unit.render.engine.draws import apple


def _steps_told(shares: list[float], steps: int) -> list[int]:
    told: list[Stepped] = []
    watch = StepWatch(apple(steps=steps), told.append, now=lambda: 0.0)
    watch.begin()
    for share in shares:
        watch.done(share)
    return [event.step for event in told]


@given(st.integers(min_value=1, max_value=200))
def test_each_step_is_told_once_whatever_the_rounding(steps: int) -> None:
    shares = [(index + 1) / steps for index in range(steps)]
    assert _steps_told(shares, steps) == list(range(1, steps + 1))


@given(st.integers(1, 50), st.integers(1, 10))
def test_pictures_drawn_one_after_the_other_share_the_steps(steps: int, pictures: int) -> None:
    shares = [
        (picture + (index + 1) / steps) / pictures
        for picture in range(pictures)
        for index in range(steps)
    ]
    assert _steps_told(shares, steps) == list(range(1, steps + 1))


@given(st.lists(st.floats(0, 1)), st.integers(1, 50))
def test_steps_only_grow(shares: list[float], steps: int) -> None:
    told = _steps_told(shares, steps)
    assert told == sorted(set(told))
    assert all(0 < step <= steps for step in told)


@given(st.integers(1, 60), st.integers(0, 10))
def test_previews_are_spread_evenly_and_the_end_is_none_of_them(steps: int, wanted: int) -> None:
    told: list[Stepped] = []
    watch = StepWatch(replace(apple(steps=steps), previews=wanted), told.append, now=lambda: 0.0)
    watch.begin()
    for index in range(steps):
        watch.done((index + 1) / steps, lambda: b"look")
    looks = [event.step for event in told if event.preview == b"look"]
    assert len(looks) == min(wanted, steps - 1)
    if wanted < steps:
        evenly = [math.ceil(steps * (k + 1) / (wanted + 1)) for k in range(wanted)]
        assert looks == evenly


def test_a_render_that_wants_no_preview_draws_none() -> None:
    watch = StepWatch(apple(steps=2), lambda _: None, now=lambda: 0.0)
    watch.begin()
    watch.done(0.5, lambda: pytest.fail("nobody asked"))


def test_the_rest_is_foreseen_by_the_pace_so_far() -> None:
    told: list[Stepped] = []
    times = iter([100.0, 103.0])
    watch = StepWatch(apple(steps=4), told.append, now=lambda: next(times))
    watch.begin()
    watch.done(0.25)
    assert told[0].seconds_left == pytest.approx(9.0)


def test_a_render_told_to_stop_ends_at_its_next_step() -> None:
    told: list[Stepped] = []
    watch = StepWatch(apple(steps=4), told.append)
    watch.begin()
    watch.done(0.25)
    watch.stop()
    with pytest.raises(InterruptedRenderError):
        watch.done(0.5)
    assert [event.step for event in told] == [1]


def test_a_render_stopped_while_it_waits_never_begins() -> None:
    watch = StepWatch(apple(), lambda _: None)
    watch.stop()
    with pytest.raises(InterruptedRenderError):
        watch.begin()
