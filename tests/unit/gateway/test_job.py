"""A job is what its events say, in whatever order they come."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import END_RANK, Event, JobStatus, Lane, job_rank
from services.contracts.events import FailureCode, Rule
from services.gateway.core.job import AlreadyEnded, Job, cancel, newest, project, slim
from tests.unit.gateway import stories
from tests.unit.gateway.stories import Story, later

story = Story()

LIFE: tuple[Event, ...] = (
    story.admitted(),
    story.queued(),
    story.started(1),
    story.step(3),
    story.requeued(1),
    story.started(2),
    story.step(5, 2),
    story.step(9, 2),
    story.completed(attempt=2),
)


def told(*events: Event) -> Job:
    job = stories.job()
    for event in events:
        job = project(job, event)
    return job


def test_a_job_goes_through_its_life() -> None:
    statuses = [told(*LIFE[:upto]).status for upto in range(len(LIFE) + 1)]
    assert statuses == [
        JobStatus.SUBMITTED,
        JobStatus.QUEUED,
        JobStatus.QUEUED,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.QUEUED,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.COMPLETED,
    ]


def test_a_completed_job_has_its_images_and_times() -> None:
    job = told(*LIFE)
    assert job.images == (stories.image(),)
    assert (job.seconds, job.attempt) == (1.5, 2)
    assert (job.started_at, job.ended_at) == (later(4), later(20))
    assert job.place
    assert (job.place.lane, job.place.ticket) == (Lane.FREE, 4.0)


@given(st.lists(st.sampled_from(LIFE), max_size=20), st.permutations(LIFE))
def test_order_and_repetition_do_not_change_what_a_job_comes_to(
    noise: list[Event], order: list[Event]
) -> None:
    job, straight = told(*noise, *order, *noise), told(*LIFE)
    assert (job.status, job.rank) == (JobStatus.COMPLETED, END_RANK)
    assert (job.images, job.quota, job.place) == (straight.images, straight.quota, straight.place)


@given(st.lists(st.sampled_from([*LIFE, story.deferred()]), max_size=20))
def test_a_job_never_goes_back(events: list[Event]) -> None:
    lives = [told(*events[:upto]) for upto in range(len(events) + 1)]
    assert all(before.rank <= after.rank for before, after in pairwise(lives))
    assert lives[-1].rank == max([(0, 0, 0, 0), *(job_rank(event) or () for event in events)])


@given(st.sampled_from([*LIFE, story.deferred(), story.failed(), story.rejected()]))
def test_the_same_event_twice_is_as_good_as_once(event: Event) -> None:
    assert told(event, event) == told(event)


@pytest.mark.parametrize("first", [story.completed(), story.failed(), story.cancelled()])
@pytest.mark.parametrize("second", [story.completed(), story.failed(), story.cancelled()])
def test_the_first_end_is_final(first: Event, second: Event) -> None:
    assert told(first, second) == told(first)


def test_an_admission_that_comes_last_still_tells_its_terms() -> None:
    job = told(story.completed(), story.admitted())
    assert job.status is JobStatus.COMPLETED
    assert job.quota == stories.facts()


def test_a_rejection_says_why_and_frees_the_idempotency_key() -> None:
    job = project(stories.job(idempotency="a/k"), story.rejected())
    assert job.idempotency is None
    assert job.rejection
    assert (job.rejection.rule, job.rejection.retry_at) == (Rule.WINDOW, later(3600))
    assert job.quota == stories.facts(used=3)


def test_a_failure_keeps_its_code() -> None:
    job = told(story.failed(FailureCode.POISON))
    assert job.failure
    assert job.failure.code is FailureCode.POISON


def test_a_new_attempt_forgets_the_progress_of_the_last() -> None:
    assert told(*LIFE[:5]).progress is None
    assert told(*LIFE[:6]).progress is None
    assert told(*LIFE[:7]).progress is not None


def test_a_deferred_job_says_so() -> None:
    assert told(story.queued(), story.deferred()).status is JobStatus.DEFERRED


def test_events_of_other_jobs_and_of_no_job_change_nothing() -> None:
    stranger = Story(job=type(stories.JOB)("job_" + "2" * 32))
    assert told(stranger.completed(), stories.limits()) == stories.job()


def test_a_wish_to_cancel_is_kept_once() -> None:
    wished = cancel(stories.job(), later(5))
    assert wished.cancel_requested_at == later(5)
    assert cancel(wished, later(9)) == wished


def test_an_ended_job_can_not_be_cancelled() -> None:
    with pytest.raises(AlreadyEnded) as refused:
        cancel(told(story.completed()), later(30))
    assert refused.value.status is JobStatus.COMPLETED


def test_the_newest_of_two_events_is_the_later_step() -> None:
    early, late = story.step(3), story.step(9)
    assert newest(early, late) is late
    assert newest(late, early) is late
    assert newest(late, late) is late


def test_what_is_remembered_of_an_admission_holds_no_prompt() -> None:
    kept = slim(story.admitted(spec=stories.spec(prompt="a secret", negative_prompt="another")))
    assert "secret" not in repr(kept)
    assert "another" not in repr(kept)
    assert told(kept) == told(story.admitted())
    assert slim(story.queued()) == story.queued()
