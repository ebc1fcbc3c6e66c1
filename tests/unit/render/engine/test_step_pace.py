"""How long the next step waits for whom."""

import pytest

from services.contracts import Lane
from services.render.core import Call
from services.render.engine.batching.pace import StepPace

SOON = 0.02
"""A fifth of the seconds of the steps below, for a paid render."""


def call(render: int, since: float = 10.0, lane: Lane = Lane.FREE) -> Call:
    return Call(render, "square", lane, f"account-{render}", 1, since)


def paced(base: float, slope: float = 0.0, rows_at_once: int = 4) -> StepPace:
    """After steps of a model that takes base + slope x rows; the last ended at 10 s."""
    pace = StepPace(rows_at_once)
    for size in (1, 2, 4) * 3:
        took = base + slope * size
        pace.took(tuple(call(n) for n in range(size)), 10.0 - took, 10.0)
    return pace


def test_nobody_waits_for_nobody() -> None:
    assert paced(0.1).wait([], [], 10.0) is None
    assert paced(0.1).wait([call(1)], [], 10.0) == 0


def test_absent_renders_are_waited_for_as_long_as_joining_them_saves() -> None:
    waiting = [call(1)]
    assert paced(0.1).wait(waiting, [Lane.FREE], 10.0) == pytest.approx(0.1)
    assert paced(0.1).wait(waiting, [Lane.FREE], 10.06) == pytest.approx(0.04)
    assert paced(0.1).wait(waiting, [Lane.FREE], 10.2) == 0


def test_the_wait_begins_when_the_last_step_is_over() -> None:
    """Who waited through it has lost nothing yet: those who took it may come back and join."""
    assert paced(0.1).wait([call(1, since=9.0)], [Lane.FREE], 10.0) == pytest.approx(0.1)


def test_a_model_that_only_computes_waits_for_no_free_render() -> None:
    assert paced(0.0, 0.1).wait([call(1)], [Lane.FREE], 10.0) == pytest.approx(0, abs=1e-9)


def test_a_full_step_waits_for_no_free_render() -> None:
    waiting = [call(n) for n in range(4)]
    assert paced(0.1).wait(waiting, [Lane.FREE], 10.0) == 0


def test_a_paid_render_is_waited_for_a_little_even_by_a_full_step() -> None:
    waiting = [call(n) for n in range(4)]
    assert paced(0.1).wait(waiting, [Lane.PAID], 10.0) == pytest.approx(0.1)
    computing = paced(0.0, SOON / 0.2 / 4).wait(waiting, [Lane.PAID], 10.0)
    assert computing == pytest.approx(SOON)


def test_before_anything_is_measured_the_wait_is_short() -> None:
    assert StepPace(4).wait([call(1)], [Lane.FREE], 10.0) == pytest.approx(0.005)
