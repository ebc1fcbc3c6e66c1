"""A load report as the law reads it."""

from datetime import timedelta

import pytest

from services.contracts import Lane
from services.contracts.events import Heat, LaneLoad, LoadReported, WorkerLoad, WorkerPhase
from services.quota.core.law import read_signal
from tests.unit.quota.law.weather import START


def worker(name: str, phase: WorkerPhase, seconds: float | None = None) -> WorkerLoad:
    at = None if seconds is None else START + timedelta(seconds=seconds)
    return WorkerLoad(id=name, phase=phase, running=0, expected_at=at)


def lane(which: Lane, backlog: float, wait: float) -> LaneLoad:
    return LaneLoad(lane=which, waiting=1, backlog=backlog, drain_rate=0, wait_seconds=wait)


REPORT = LoadReported(
    at=START,
    pool="default",
    reporter="0",
    fence=1,
    capacity=8.0,
    running=2,
    heat=Heat.HOT,
    workers=(
        worker("a", WorkerPhase.READY),
        worker("b", WorkerPhase.READY),
        worker("c", WorkerPhase.STARTING, 40),
        worker("d", WorkerPhase.STARTING),
        worker("e", WorkerPhase.DRAINING, 5),
    ),
    lanes=(lane(Lane.PAID, 8, 1), lane(Lane.FREE, 32, 10)),
)


def test_backlogs_and_waits_are_those_of_the_report() -> None:
    signal = read_signal(REPORT)
    assert (signal.paid_backlog, signal.free_backlog, signal.deferred_backlog) == (8, 32, 0)
    assert (signal.paid_wait, signal.free_wait) == (1, 10)
    assert signal.free_speed == 4, "paid jobs take the rest"


def test_starting_workers_are_as_fast_as_those_that_draw() -> None:
    signal = read_signal(REPORT)
    assert list(signal.coming) == [(40, 4), (None, 4)]
    assert (signal.capacity_within(30), signal.capacity_within(40)) == (8, 12)
    assert signal.capacity_ahead == 16
    assert signal.leaving


def test_a_fleet_that_nobody_draws_for_has_no_speed() -> None:
    empty = REPORT.model_copy(update={"capacity": 0.0, "workers": (), "lanes": ()})
    signal = read_signal(empty)
    assert signal.free_speed == pytest.approx(0)
    assert not signal.leaving
