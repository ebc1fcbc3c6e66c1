"""Each verdict that render comes to about its queue and its workers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import Lane
from services.contracts.events import WorkerPhase
from services.kit.diagnosis import Mark, examine
from services.render.core import LineLoad, Roster, WorkerRecord
from services.render.diagnosis import (
    lane_finding,
    models_finding,
    overdue_finding,
    render_checks,
    worker_finding,
)
from tests.unit.render.bench import House
from tests.unit.render.samples import LEASE, NOW, admission, job_id, running, waiting, worker_record


def worker(phase: WorkerPhase, jobs: int = 0) -> WorkerRecord:
    return worker_record(phase=phase, running=jobs)


def roster(*workers: WorkerRecord) -> Roster:
    return Roster({f"w{number}": one for number, one in enumerate(workers)})


@pytest.mark.parametrize(
    ("lane", "minutes", "mark"),
    [
        (Lane.PAID, 1, Mark.OK),
        (Lane.PAID, 3, Mark.WARN),
        (Lane.FREE, 3, Mark.OK),
        (Lane.FREE, 11, Mark.WARN),
        (Lane.DEFERRED, 600, Mark.OK),
    ],
)
def test_how_long_a_job_may_wait_depends_on_its_lane(lane: Lane, minutes: int, mark: Mark) -> None:
    line = LineLoad(3, 30.0, 0.0, NOW - timedelta(minutes=minutes))
    finding = lane_finding("default", lane, line, NOW)
    assert finding.mark is mark
    assert finding.what == f"default/{lane}"
    assert finding.figure.startswith("3 jobs waiting, the oldest for ")


def test_workers_are_counted_by_phase() -> None:
    finding = worker_finding(
        roster(
            worker(WorkerPhase.READY, 2),
            worker(WorkerPhase.STARTING),
            worker(WorkerPhase.DRAINING, 1),
        )
    )
    assert finding.mark is Mark.OK
    assert finding.figure == "1 starting, 1 ready, 1 draining; 3 jobs running"


def test_workers_that_are_only_starting_are_a_warning_and_none_is_bad() -> None:
    assert worker_finding(roster(worker(WorkerPhase.STARTING))).mark is Mark.WARN
    assert worker_finding(roster(worker(WorkerPhase.DRAINING))).mark is Mark.BAD
    nobody = worker_finding(roster())
    assert nobody.mark is Mark.BAD
    assert "worker_died" in (nobody.advice or "")


def test_models_that_no_worker_can_serve_are_named_once_with_the_reason() -> None:
    well, ill = worker(WorkerPhase.READY), replace(worker(WorkerPhase.READY), troubles=("a: bad",))
    assert models_finding(roster(well)).mark is Mark.OK
    finding = models_finding(roster(well, ill, ill))
    assert (finding.mark, finding.figure) == (Mark.BAD, "not served: a: bad")


@pytest.mark.parametrize(("seconds", "mark"), [(10, Mark.WARN), (120, Mark.BAD)])
def test_jobs_past_their_lease_are_told_with_the_oldest(seconds: int, mark: Mark) -> None:
    late, _ = running(waiting(admission()), job_id())
    now = NOW + LEASE + timedelta(seconds=seconds)
    fresh, _ = running(waiting(admission()), job_id(), now=now)
    finding = overdue_finding([late, fresh], now)
    assert finding.mark is mark
    assert finding.figure.startswith("1 of 2, the oldest by ")
    assert overdue_finding([fresh], now).figure == "none of 1"


async def test_the_checks_read_the_queue_and_the_roster() -> None:
    house = House()
    await house.admit(lane=Lane.PAID)
    await house.clock.advance(timedelta(minutes=5))
    ready = roster(worker(WorkerPhase.READY))
    checks = render_checks(house.queue, lambda: ready, ["default"], house.clock)
    found = {finding.what: finding for finding in await examine(checks, within=5)}
    assert found["default/paid"].mark is Mark.WARN
    assert found["default/free"].figure == "nothing waits"
    assert found["workers"].mark is Mark.OK
    assert found["jobs past their lease"].figure == "none of 0"
