"""What waited for too long is drawn later, and says so."""

from datetime import timedelta

import pytest

from services.contracts import JobStatus, Lane, job_status
from services.contracts.events import JobDeferred
from services.render.core import Entry, Waiting, defer, line_of, request_cancel
from tests.unit.render.samples import NOW, admission, running, waiting

PROMISED = timedelta(seconds=120)
LATER = NOW + timedelta(minutes=10)


def free(**changes: object) -> Waiting:
    return waiting(admission(lane=Lane.FREE).model_copy(update=changes))


def test_a_free_job_that_waited_for_all_it_was_promised_moves_to_the_deferred_lane() -> None:
    entry = free()
    job = admission().job
    change = defer(entry, job, NOW + PROMISED, PROMISED, LATER)
    assert change is not None
    moved = change.state
    assert isinstance(moved, Waiting)
    assert (moved.order.lane, moved.line) == (Lane.DEFERRED, line_of("default", Lane.DEFERRED))
    assert moved.order.ticket == 0, "before those who were promised nothing"
    (event,) = change.events
    assert isinstance(event, JobDeferred)
    assert event.expected_at == LATER
    assert event.reason == "not begun within 120 s: the fleet is too hot"
    assert job_status(event) is JobStatus.DEFERRED


def test_a_moment_before_that_it_stays() -> None:
    entry = free()
    early = NOW + PROMISED - timedelta(seconds=1)
    assert defer(entry, admission().job, early, PROMISED, LATER) is None


@pytest.mark.parametrize("lane", [Lane.PAID, Lane.DEFERRED])
def test_other_lanes_are_left_alone(lane: Lane) -> None:
    entry = waiting(admission(lane=lane))
    assert defer(entry, admission().job, NOW + PROMISED, PROMISED, LATER) is None


def test_what_was_begun_or_has_ended_stays_where_it_is() -> None:
    job = admission().job
    begun, _ = running(free(), job)
    cancelled = request_cancel(free(), job, admission().account, NOW)
    assert cancelled is not None
    entries: list[Entry | None] = [begun, cancelled.state, None]
    assert all(defer(entry, job, LATER, PROMISED, LATER) is None for entry in entries)
