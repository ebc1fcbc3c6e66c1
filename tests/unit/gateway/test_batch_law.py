"""Whatever becomes of its jobs, a batch hands each prompt out, and has an end."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import BatchId, JobId, JobStatus
from services.contracts.events import FailureCode, Rule
from services.gateway.core.batch import (
    Batch,
    Item,
    ItemStatus,
    cancelled,
    handed_out,
    next_items,
    settled,
)
from services.gateway.core.job import Failure, Job, Rejection
from tests.unit.gateway import stories

NOW = stories.NOW
HOURS = timedelta(hours=2)
ENDS = st.sampled_from([*filter(lambda status: status.is_end, JobStatus), None])
WAITS = st.none() | st.integers(1, 4000)
TURN = st.tuples(st.lists(st.tuples(ENDS, WAITS), max_size=4), st.integers(1, 900))


def batch(prompts: int) -> Batch:
    return Batch(
        id=BatchId.new(NOW),
        account=stories.ACCOUNT,
        key=stories.KEY,
        prompts=("a fox",) * prompts,
        spec=stories.spec(),
        units=1,
        digest="d",
        created_at=NOW,
        give_up_at=NOW + HOURS,
        expires_at=NOW + timedelta(days=30),
        items=(Item(),) * prompts,
        due_at=NOW,
    )


def job(id: JobId, status: JobStatus, retry: int | None, elapsed: int) -> Job:
    rejection = failure = None
    if status is JobStatus.REJECTED:
        at = None if retry is None else NOW + timedelta(seconds=elapsed + retry)
        rejection = Rejection(Rule.WINDOW, "It is full.", None, at)
    if status is JobStatus.FAILED:
        failure = Failure(FailureCode.RENDER_ERROR, "It broke.")
    return replace(stories.job(id=id), status=status, rejection=rejection, failure=failure)


@given(
    prompts=st.integers(1, 12),
    at_once=st.integers(1, 5),
    turns=st.lists(TURN, max_size=30),
    cancel_at=st.none() | st.integers(0, 10),
)
def test_every_prompt_has_one_end_and_no_more_are_open_than_may_be(
    prompts: int,
    at_once: int,
    turns: list[tuple[list[tuple[JobStatus | None, int | None]], int]],
    cancel_at: int | None,
) -> None:
    one, elapsed, seen_ended = batch(prompts), 0, 0
    for number, (outcomes, seconds) in enumerate(turns):
        now = NOW + timedelta(seconds=elapsed)
        if number == cancel_at:
            one = cancelled(one, now)
        made = {index: JobId.new(now) for index in next_items(one, at_once, now)}
        one = handed_out(one, made)
        assert len(one.open_jobs) <= at_once
        open_jobs = zip(one.open_jobs, outcomes, strict=False)
        told = {
            one_id: job(one_id, end, retry, elapsed) for one_id, (end, retry) in open_jobs if end
        }
        one = settled(one, told, now)
        assert one.counts.total() == prompts
        ended = sum(count for status, count in one.counts.items() if status.is_end)
        assert ended >= seen_ended, "an end is final"
        seen_ended, elapsed = ended, elapsed + seconds
        assert (one.due_at is None) == (ended == prompts) == (one.ended_at is not None)
    over = NOW + HOURS
    ends = {open_: job(open_, JobStatus.CANCELLED, None, elapsed) for open_ in one.open_jobs}
    one = settled(one, ends, over) if one.due_at else one
    assert all(item.status.is_end for item in one.items)
    assert (one.due_at, one.prompts) == (None, ())


def test_a_second_replica_that_hands_out_the_same_prompts_changes_nothing() -> None:
    first = handed_out(batch(2), {0: JobId.new(NOW)})
    assert handed_out(first, {0: JobId.new(NOW)}) == first
    assert first.items[1].status is ItemStatus.WAITING
