from datetime import timedelta

import pytest

from services.contracts import JobStatus, Lane, render_cost
from services.contracts.events import FailureCode, JobCancelled, JobFailed, JobQueued
from services.render.core import (
    RETENTION,
    Ended,
    Entry,
    Running,
    Tombstone,
    Waiting,
    admit,
    expects,
    give_up_waiting,
    request_cancel,
)
from tests.unit.render.samples import (
    EMBER,
    NOW,
    account_id,
    admission,
    job_id,
    running,
    spec,
    waiting,
)

JOB = job_id()


def admitted(entry: Entry | None, **changes: object) -> object:
    return admit(entry, admission(JOB), model=EMBER, ticket=4.0, traceparent="00-a", now=NOW)


def ended() -> Ended:
    change = request_cancel(waiting(), JOB, account_id(), NOW)
    assert change is not None
    assert isinstance(change.state, Ended)
    return change.state


def test_an_admission_enters_the_line_of_its_pool_and_lane() -> None:
    change = admit(
        None,
        admission(JOB, lane=Lane.PAID),
        model=EMBER,
        ticket=4.0,
        traceparent="00-a",
        now=NOW,
    )
    assert change is not None
    assert isinstance(change.state, Waiting)
    assert change.state.line == "default/paid"
    assert change.state.order.traceparent == "00-a"
    assert change.state.not_before == NOW
    (event,) = change.events
    assert event == JobQueued(
        at=NOW, account=account_id(), job=JOB, lane=Lane.PAID, pool="default", ticket=4.0
    )


@pytest.mark.parametrize("known", [waiting(), running(waiting(), JOB)[0], ended()])
def test_an_admission_that_comes_again_changes_nothing(known: Entry) -> None:
    assert admitted(known) is None
    assert not expects(known)


def test_an_admission_is_news_where_nothing_or_a_tombstone_is() -> None:
    assert expects(None)
    assert expects(Tombstone(account=account_id(), expires_at=NOW))


def test_an_admission_for_a_model_that_nobody_serves_fails_at_once() -> None:
    change = admit(None, admission(JOB), model=None, ticket=0.0, traceparent=None, now=NOW)
    assert change is not None
    assert isinstance(change.state, Ended)
    assert change.state.status is JobStatus.FAILED
    (event,) = change.events
    assert isinstance(event, JobFailed)
    assert event.code is FailureCode.MODEL_NOT_SERVED


def test_a_cancel_that_comes_first_waits_for_its_job_and_ends_it() -> None:
    early = request_cancel(None, JOB, account_id(), NOW)
    assert early is not None
    assert early.state == Tombstone(account=account_id(), expires_at=NOW + RETENTION)
    assert early.events == ()
    assert request_cancel(early.state, JOB, account_id(), NOW) is None
    late = admit(early.state, admission(JOB), model=EMBER, ticket=0.0, traceparent=None, now=NOW)
    assert late is not None
    assert isinstance(late.state, Ended)
    assert late.state.status is JobStatus.CANCELLED
    assert late.events == (JobCancelled(at=NOW, account=account_id(), job=JOB),)


def test_a_cancel_ends_a_waiting_job_and_forgets_its_prompt() -> None:
    change = request_cancel(waiting(), JOB, account_id(), NOW)
    assert change is not None
    assert isinstance(change.state, Ended)
    assert change.events == (JobCancelled(at=NOW, account=account_id(), job=JOB),)
    assert "fox" not in repr(change.state)


def test_a_cancel_is_noted_once_on_a_running_job() -> None:
    entry, _ = running(waiting(), JOB)
    change = request_cancel(entry, JOB, account_id(), NOW)
    assert change is not None
    assert isinstance(change.state, Running)
    assert change.state.cancel_requested
    assert change.events == ()
    assert request_cancel(change.state, JOB, account_id(), NOW) is None


def test_a_cancel_after_the_end_changes_nothing() -> None:
    assert request_cancel(ended(), JOB, account_id(), NOW) is None


def test_a_job_whose_time_to_start_has_passed_is_cancelled() -> None:
    entry = waiting(admission(JOB, start_by=NOW + timedelta(seconds=5)))
    assert give_up_waiting(entry, JOB, NOW + timedelta(seconds=4)) is None
    change = give_up_waiting(entry, JOB, NOW + timedelta(seconds=5))
    assert change is not None
    assert isinstance(change.state, Ended)
    assert isinstance(change.events[0], JobCancelled)


def test_cost_counts_pixels_steps_images_and_guidance() -> None:
    plain = spec(width=1000, height=1000, steps=10, n=1, guidance=1.0)
    assert render_cost(plain) == pytest.approx(10)
    assert render_cost(plain.model_copy(update={"n": 3})) == pytest.approx(30)
    assert render_cost(plain.model_copy(update={"guidance": 4.0})) == pytest.approx(20)
