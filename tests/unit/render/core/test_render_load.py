from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import Lane
from services.contracts.events import Heat, WorkerPhase
from services.render.core import (
    LONGEST_WAIT,
    SILENT_AFTER,
    Drain,
    LineLoad,
    Measured,
    Pace,
    Roster,
    Speed,
    WorkerRecord,
    asked_of,
    heat_of,
    load_report,
)
from tests.unit.render.samples import NOW


def worker(
    phase: WorkerPhase = WorkerPhase.READY,
    *,
    beat: int = 1,
    speed: float | None = 2.0,
    claimed: dict[Lane, float] | None = None,
    loading_seconds: float | None = 6.0,
) -> WorkerRecord:
    return WorkerRecord(
        pool="default",
        fleet="0",
        pid=1,
        phase=phase,
        beat=beat,
        running=1,
        slots=1,
        started_at=NOW,
        leaves_by=NOW + timedelta(seconds=9) if phase is WorkerPhase.DRAINING else None,
        loading_seconds=loading_seconds,
        speed=speed,
        claimed=claimed or {},
        expires_at=NOW,
    )


STARTING = worker(WorkerPhase.STARTING, speed=None, loading_seconds=None)


def measured(
    workers: dict[str, WorkerRecord],
    backlog: dict[Lane, float] | None = None,
    drained: dict[Lane, float] | None = None,
) -> Measured:
    return Measured(
        now=NOW,
        workers=workers,
        lines={lane: LineLoad(1, (backlog or {}).get(lane, 0.0), 3.0) for lane in Lane},
        drained={lane: (drained or {}).get(lane, 0.0) for lane in Lane},
        assumed_speed=0.5,
    )


def waits(of: Measured) -> list[float]:
    return [lane.wait_seconds for lane in load_report("default", "r", 1, of).lanes]


def test_an_empty_pool_that_may_start_somebody_waits_for_the_start() -> None:
    empty = measured({}, backlog={Lane.PAID: 2.0})
    assert waits(empty)[0] == LONGEST_WAIT
    assert waits(replace(empty, cold_start=10.0))[0] == pytest.approx(10 + 2.0 / 0.5)
    assert load_report("default", "r", 1, replace(measured({}), cold_start=10.0)).heat is Heat.WARM


def test_a_report_tells_what_was_measured() -> None:
    report = load_report("default", "render-0", 7, measured({"w1": worker(), "w2": worker()}))
    assert (report.reporter, report.fence, report.pool) == ("render-0", 7, "default")
    assert report.capacity == pytest.approx(4.0)
    assert report.running == 2
    assert report.heat is Heat.COOL
    assert [lane.lane for lane in report.lanes] == list(Lane)
    assert report.lanes[0].head_ticket == 3.0


def test_each_lane_waits_for_all_that_goes_before_it() -> None:
    backlog = {Lane.PAID: 4.0, Lane.FREE: 6.0, Lane.DEFERRED: 10.0}
    drained = {Lane.PAID: 1.0, Lane.FREE: 0.5}
    expected = [4 / 2, 10 / 1, 20 / 0.5]
    assert waits(measured({"w1": worker()}, backlog, drained)) == pytest.approx(expected)


def test_free_keeps_its_floor_in_the_prediction_too() -> None:
    busy = measured({"w1": worker()}, {Lane.FREE: 1.0}, {Lane.PAID: 2.0})
    assert waits(busy)[1] == pytest.approx(1 / 0.1)


def test_workers_that_nobody_has_measured_count_like_the_others_or_as_assumed() -> None:
    fresh = worker(speed=None)
    report = load_report("default", "r", 1, measured({"w1": worker(), "w2": fresh}))
    assert report.capacity == pytest.approx(4.0)
    assert load_report("default", "r", 1, measured({"w2": fresh})).capacity == pytest.approx(0.5)


def test_while_all_workers_start_the_wait_is_until_they_have() -> None:
    leaving = worker(WorkerPhase.DRAINING)
    both = measured({"w1": leaving, "w2": STARTING}, {Lane.PAID: 4.0})
    report = load_report("default", "r", 1, both)
    assert report.capacity == 0.0
    assert [worker.expected_at for worker in report.workers] == [
        NOW + timedelta(seconds=9),
        NOW + timedelta(seconds=6),
    ]
    assert report.lanes[0].wait_seconds == pytest.approx(6 + 4 / 2)


def test_a_first_worker_of_unknown_arrival_is_no_reason_for_alarm() -> None:
    report = load_report("default", "r", 1, measured({"w1": STARTING}))
    assert report.workers[0].expected_at is None
    assert report.heat is Heat.COOL


def test_without_any_worker_the_wait_is_the_longest() -> None:
    report = load_report("default", "r", 1, measured({}))
    assert {lane.wait_seconds for lane in report.lanes} == {LONGEST_WAIT}
    assert report.heat is Heat.MELTING


@pytest.mark.parametrize(
    ("paid", "free", "heat"),
    [
        (0.0, 0.0, Heat.COOL),
        (6.0, 0.0, Heat.WARM),
        (0.0, 72.0, Heat.HOT),
        (20.0, 0.0, Heat.MELTING),
        (5.9, 35.9, Heat.COOL),
    ],
)
def test_heat_is_the_worst_wait_as_a_share_of_its_promise(
    paid: float, free: float, heat: Heat
) -> None:
    assert heat_of({Lane.PAID: paid, Lane.FREE: free, Lane.DEFERRED: 9999.0}) is heat


def test_the_scaler_hears_of_all_lanes_and_of_a_typical_worker() -> None:
    backlog = {Lane.PAID: 4.0, Lane.FREE: 6.0, Lane.DEFERRED: 10.0}
    both = {"w1": worker(speed=2.0), "w2": worker(speed=4.0)}
    asked = asked_of(measured(both, backlog, {Lane.PAID: 1.0, Lane.FREE: 0.5}), offered=7.0)
    assert (asked.offered, asked.drained, asked.running) == (7.0, 1.5, 2)
    assert (asked.backlog, asked.deferred) == (10.0, 10.0)
    assert asked.speed == pytest.approx(3.0)


def test_what_two_workers_cannot_serve_is_told_once() -> None:
    ill = replace(worker(), troubles=("b: no weights", "a: no licence"))
    roster = Roster().observed([("w1", ill), ("w2", ill), ("w3", worker())], 0.0)
    assert roster.troubles == ("a: no licence", "b: no weights")


def test_a_worker_that_shows_no_sign_of_life_is_gone() -> None:
    records = [("w1", worker()), ("w2", STARTING)]
    roster = Roster().observed(records, 0.0)
    assert len(roster.workers) == 2
    assert len(roster.ready) == 1
    roster = roster.observed([("w1", worker(beat=2)), ("w2", STARTING)], SILENT_AFTER)
    roster = roster.observed([("w1", worker(beat=2)), ("w2", STARTING)], SILENT_AFTER + 1)
    assert set(roster.workers) == {"w1"}
    assert roster.observed([], 20.0).workers == {}


def test_drain_counts_what_workers_claimed_in_the_last_minute() -> None:
    drain = Drain()
    assert drain.rate(Lane.PAID, 0.0) == 0.0
    drain = drain.observed({"w1": worker(claimed={Lane.PAID: 500.0})}, 0.0)
    assert drain.rate(Lane.PAID, 0.0) == 0.0, "what came before the first look is history"
    drain = drain.observed({"w1": worker(claimed={Lane.PAID: 510.0})}, 10.0)
    assert drain.rate(Lane.PAID, 10.0) == pytest.approx(1.0)
    newcomer = {"w1": worker(claimed={Lane.PAID: 510.0}), "w2": worker(claimed={Lane.PAID: 20.0})}
    drain = drain.observed(newcomer, 30.0)
    assert drain.rate(Lane.PAID, 30.0) == pytest.approx(1.0)
    assert drain.rate(Lane.FREE, 30.0) == 0.0
    drain = drain.observed(newcomer, 80.0)
    assert drain.rate(Lane.PAID, 80.0) == pytest.approx(20 / 60)


def test_speed_is_cost_per_busy_second() -> None:
    speed = Speed()
    assert speed.rate is None
    speed = speed.worked(5.0, 1.0)
    assert speed.rate is None, "nothing was under way"
    speed = speed.busy(10.0).worked(2.0, 11.0)
    assert speed.rate == pytest.approx(2.0)
    assert speed.busy(99.0) == speed
    speed = speed.idle().busy(100.0).worked(2.0, 101.0)
    assert speed.rate == pytest.approx(2.0), "idle time doesn't count"


def test_speed_forgets_what_is_long_ago() -> None:
    speed = Speed().busy(0.0).worked(100.0, 10.0)
    for second in range(11, 200):
        speed = speed.worked(1.0, float(second))
    assert speed.rate == pytest.approx(1.0, rel=0.05)


def test_progress_is_told_four_times_a_second_and_at_the_last_step() -> None:
    pace, told = Pace(4.0), []
    for step in range(1, 101):
        now = step / 100
        if pace.allows(step, 100, now):
            told.append(step)
            pace = pace.spoken(now)
    assert told == [1, 26, 51, 76, 100]
