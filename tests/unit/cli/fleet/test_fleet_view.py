"""What an operator sees of the pools while they draw."""

from typing import Any

import pytest
from rich.console import Console

from services.cli.fleet.view import FleetView
from services.contracts import Event, JobId, Lane
from services.contracts.events import (
    Heat,
    JobCancelled,
    JobProgressed,
    LaneLoad,
    LoadReported,
    WorkerLoad,
    WorkerPhase,
)
from tests.unit.render.samples import NOW, account_id, job_id


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def view(time: Time) -> FleetView:
    return FleetView(time)


def load(heat: Heat = Heat.HOT, **changes: Any) -> LoadReported:
    lanes = tuple(
        LaneLoad(lane=lane, waiting=number, backlog=number, drain_rate=1.0, wait_seconds=7 * number)
        for number, lane in enumerate(Lane)
    )
    workers = (
        WorkerLoad(id="w-1", phase=WorkerPhase.READY, running=5),
        WorkerLoad(id="w-2", phase=WorkerPhase.STARTING, running=0),
    )
    report = LoadReported(
        at=NOW,
        pool="default",
        reporter="0",
        fence=1,
        capacity=2.5,
        workers=workers,
        wanted=3,
        lanes=lanes,
        running=5,
        heat=heat,
    )
    return report.model_copy(update=changes)


def progress(job: JobId, step: int = 4) -> JobProgressed:
    return JobProgressed(
        at=NOW, account=account_id(), job=job, attempt=1, step=step, steps=20, seconds_left=1.25
    )


def shown(view: FleetView, *events: Event) -> str:
    for event in events:
        view.heard(event)
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def test_before_any_report_it_says_what_it_waits_for(view: FleetView) -> None:
    assert "waiting for the first report" in shown(view)


def test_a_pool_is_shown_with_heat_workers_and_lanes(view: FleetView) -> None:
    screen = shown(view, load())
    assert "hot" in screen
    assert "paid: 0, 0 s  free: 1, 7 s  deferred: 2, 14 s" in screen
    lines = [line.split() for line in screen.splitlines()]
    assert ["w-1", "default", "ready", "5"] in lines
    assert ["w-2", "default", "starting", "0"] in lines


def test_the_newest_report_of_a_pool_stands(view: FleetView) -> None:
    screen = shown(view, load(Heat.HOT), load(Heat.COOL))
    assert "cool" in screen
    assert "hot" not in screen


def test_renders_are_shown_at_their_last_step_until_they_end(view: FleetView) -> None:
    one, other = job_id(), job_id()
    screen = shown(view, load(), progress(one, 4), progress(one, 5), progress(other))
    assert "5 of 20" in screen
    assert "1.2" in screen
    assert str(other) in screen
    ended = JobCancelled(at=NOW, account=account_id(), job=one)
    assert str(one) not in shown(view, ended)


def test_a_render_that_is_silent_for_long_is_taken_off(view: FleetView, time: Time) -> None:
    job = job_id()
    assert str(job) in shown(view, load(), progress(job))
    time.now += 31
    assert str(job) not in shown(view)


def test_of_many_renders_the_first_are_shown_and_the_rest_are_counted(view: FleetView) -> None:
    screen = shown(view, load(), *(progress(job_id()) for _ in range(27)))
    assert screen.count("4 of 20") == 20
    assert "and 7 more" in screen


def test_a_report_is_told_to_programs_with_what_is_drawn(view: FleetView) -> None:
    job = job_id()
    shown(view, load(), progress(job))
    report = view.report("default")
    assert (report["pool"], report["heat"], report["wanted"]) == ("default", "hot", 3)
    assert report["workers"][0]["running"] == 5
    assert report["drawing"] == [{"job": job, "step": 4, "steps": 20, "seconds_left": 1.25}]
