"""Decisions about workers, from what was measured to what a replica keeps."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.contracts import Lane
from services.contracts.events import DemandReported, Heat, LoadReported
from services.kit.clock import ManualClock
from services.render.core import Bounds, LineLoad, Measured, Roster
from services.render.scaling import Scaler, Share
from tests.unit.render.samples import NOW, worker_record

BOUNDS = Bounds(least=1, most=6, drain_seconds=30, calm_seconds=60)
FIXED = Bounds(least=2, most=2, drain_seconds=30, calm_seconds=60)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def measured(now: Any = NOW, *, backlog: float = 0, running: int = 0) -> Measured:
    workers = {"w1": worker_record(speed=1.0, running=running)}
    lines = {lane: LineLoad() for lane in Lane} | {Lane.FREE: LineLoad(1, backlog, 0.0)}
    drained = dict.fromkeys(Lane, 0.0)
    return Measured(now=now, workers=workers, lines=lines, drained=drained, assumed_speed=1.0)


def told(wanted: int | None, at: Any = NOW) -> dict[str, LoadReported]:
    report = LoadReported(
        at=at,
        pool="default",
        reporter="0",
        fence=1,
        capacity=1,
        running=0,
        wanted=wanted,
        heat=Heat.COOL,
    )
    return {"default": report}


def demand(offered: float, at: Any = NOW) -> dict[str, DemandReported]:
    event = DemandReported(at=at, pool="default", fence=1, offered={Lane.FREE: offered})
    return {"default": event}


def test_a_change_is_told_in_one_line_with_its_reason(clock: ManualClock) -> None:
    scaler = Scaler(BOUNDS, {}, {}, clock)
    with capture_logs() as logs:
        assert [scaler.decide("default", measured(backlog=90)) for _ in range(3)] == [3, 3, 3]
    [line] = logs
    assert (line["event"], line["before"], line["wanted"]) == ("workers_wanted", 1, 3)
    assert "90.00 waiting" in line["reason"]


def test_what_was_offered_counts_while_it_is_news(clock: ManualClock) -> None:
    assert Scaler(BOUNDS, {}, demand(4.0), clock).decide("default", measured()) == 5
    old = demand(4.0, at=NOW - timedelta(minutes=2))
    assert Scaler(BOUNDS, {}, old, clock).decide("default", measured()) == 1


def test_the_next_leader_goes_on_where_the_last_one_was(clock: ManualClock) -> None:
    assert Scaler(BOUNDS, told(4), {}, clock).decide("default", measured()) == 4
    old = told(4, at=NOW - timedelta(minutes=2))
    assert Scaler(BOUNDS, old, {}, clock).decide("default", measured()) == 1


def test_a_fleet_of_fixed_size_stays_so(clock: ManualClock) -> None:
    scaler = Scaler(FIXED, told(5), demand(50), clock)
    assert scaler.decide("default", measured(backlog=5000)) == 2
    assert not scaler.may_be_empty


def share(clock: ManualClock, reports: dict[str, LoadReported], *fleets: str) -> Share:
    roster = Roster(
        {f"w{n}": worker_record(speed=1.0, fleet=fleet) for n, fleet in enumerate(fleets)}
    )
    return Share(BOUNDS, reports, lambda: roster, clock, pool="default", replica="0")


def test_a_replica_keeps_what_others_lack(clock: ManualClock) -> None:
    assert share(clock, {})() == 1
    assert share(clock, told(4), "0", "0")() == 4
    assert share(clock, told(4), "0", "1", "1")() == 2
    assert share(clock, told(2), "1", "1", "1")() == 1, "never fewer than it is set to"
    assert share(clock, told(60))() == 6, "nor more"
    assert share(clock, told(None))() == 1


async def test_while_nobody_tells_it_keeps_what_it_has(clock: ManualClock) -> None:
    one = share(clock, told(4))
    assert one() == 4
    await clock.advance(timedelta(minutes=5))
    assert one() == 4
    assert share(clock, told(4))() == 1, "what it finds old it does not follow"


def test_the_page_tells_what_is_wanted(clock: ManualClock) -> None:
    pools = share(clock, told(3)).page()["pools"]
    assert pools == {"default": {"wanted": 3, "workers": 0, "heat": "cool"}}
