"""Who takes the next denoising step together."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts import Lane
from services.render.core import FREE_FLOOR, BatchTurns, Call, is_full, next_batch


def call(
    render: int,
    lane: Lane = Lane.FREE,
    *,
    account: str = "ada",
    shape: str = "square",
    rows: int = 1,
    since: float = 0.0,
) -> Call:
    return Call(render, shape, lane, account, rows, since)


def rows(limit: int) -> Callable[[Call], int]:
    return lambda _: limit


def calls(most: int = 12) -> st.SearchStrategy[list[Call]]:
    one = st.builds(
        call,
        render=st.integers(0, 10_000),
        lane=st.sampled_from(Lane),
        account=st.sampled_from(["ada", "bob", "cyd"]),
        shape=st.sampled_from(["square", "wide"]),
        rows=st.integers(1, 6),
        since=st.floats(0, 10),
    )
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda made: made.render)


def test_calls_of_one_shape_step_together_up_to_the_limit() -> None:
    waiting = [call(1), call(2), call(3, shape="wide"), call(4)]
    batch = next_batch(waiting, BatchTurns(), rows(2))
    assert [one.render for one in batch.calls] == [1, 2]


def test_a_call_larger_than_the_limit_goes_alone() -> None:
    batch = next_batch([call(1, rows=9), call(2)], BatchTurns(), rows(4))
    assert [one.render for one in batch.calls] == [1]


def test_paid_renders_step_first_and_free_ones_fill_what_is_left() -> None:
    waiting = [call(1), call(2, Lane.PAID), call(3, Lane.PAID), call(4)]
    batch = next_batch(waiting, BatchTurns(), rows(3))
    assert [one.render for one in batch.calls] == [2, 3, 1]


def test_deferred_renders_ride_along_where_there_is_room() -> None:
    waiting = [call(1, Lane.DEFERRED), call(2), call(3, Lane.DEFERRED, shape="wide")]
    batch = next_batch(waiting, BatchTurns(), rows(8))
    assert [one.render for one in batch.calls] == [2, 1]


def test_accounts_take_turns() -> None:
    waiting = [call(1, account="ada"), call(2, account="ada"), call(3, account="bob", since=1.0)]
    batch = next_batch(waiting, BatchTurns(), rows(2))
    assert {one.account for one in batch.calls} == {"ada", "bob"}


@pytest.mark.parametrize(
    ("waiting", "full"),
    [
        ([], False),
        ([call(1), call(2)], False),
        ([call(1), call(2), call(3)], True),
        ([call(1), call(2), call(3, shape="wide")], False),
        ([call(1, rows=4)], True),
    ],
)
def test_a_step_is_full_when_who_leads_it_has_company_for_all_its_rows(
    waiting: list[Call], full: bool
) -> None:
    assert is_full(waiting, BatchTurns(), rows(3)) is full


@given(calls(), st.integers(1, 12), st.floats(0, 20))
def test_a_batch_is_of_one_shape_within_its_limit_and_nobody_is_passed_over(
    waiting: list[Call], limit: int, credit: float
) -> None:
    batch = next_batch(waiting, BatchTurns(credit=credit), rows(limit))
    chosen, lead = batch.calls, batch.calls[0]
    left = [one for one in waiting if one not in chosen]
    assert len(set(chosen)) == len(chosen) > 0
    assert set(chosen) <= set(waiting)
    assert {one.shape for one in chosen} == {lead.shape}
    assert len(chosen) == 1 or sum(one.rows for one in chosen) <= limit
    room = limit - sum(one.rows for one in chosen)
    assert all(one.rows > room for one in left if one.shape == lead.shape)
    if lead.lane is not Lane.FREE or credit < lead.rows:
        assert not [one for one in waiting if one.lane is Lane.PAID and lead.lane is not Lane.PAID]


@settings(max_examples=20)
@given(calls(most=6), st.integers(1, 8))
def test_every_render_gets_its_steps_whoever_else_keeps_coming(
    waiting: list[Call], limit: int
) -> None:
    """All wait again at once after each step; deferred ones may wait for the others for ever."""
    urgent = [one for one in waiting if one.lane is not Lane.DEFERRED]
    if not urgent:
        return
    turns, steps, paid = BatchTurns(), Counter[int](), 0
    for now in range(11, 811):
        batch = next_batch(waiting, turns, rows(limit))
        turns = batch.turns
        waiting = [replace(one, since=now) if one in batch.calls else one for one in waiting]
        steps.update(one.render for one in batch.calls)
        paid += sum(one.rows for one in batch.calls if one.lane is Lane.PAID)
    assert {one.render for one in urgent} <= set(steps)
    assert len(turns.finish) <= len(waiting)
    free = sum(one.rows * steps[one.render] for one in urgent if one.lane is Lane.FREE)
    if free and paid:
        assert free >= FREE_FLOOR * (free + paid) - 3 * max(one.rows for one in waiting)


def test_a_large_render_does_not_starve_behind_small_ones_of_its_own_account() -> None:
    """They fill up each step that another account leads, and their account never leads."""
    waiting = [call(0, account="bob"), *(call(n, account="ada") for n in (1, 3))]
    waiting.append(call(2, account="ada", rows=3))
    turns, had = BatchTurns(), Counter[int]()
    for now in range(1, 101):
        batch = next_batch(waiting, turns, rows(3))
        turns = batch.turns
        waiting = [replace(one, since=now) if one in batch.calls else one for one in waiting]
        had.update(one.render for one in batch.calls)
    assert had[2] >= 100 // 10
    assert had[0] >= 80, "and costs the others no more than that"


def test_accounts_that_always_wait_share_the_steps_whatever_their_number_of_renders() -> None:
    waiting = [call(n, account="many") for n in range(9)] + [call(99, account="one")]
    turns, had = BatchTurns(), Counter[str]()
    for _ in range(100):
        batch = next_batch(waiting, turns, rows(1))
        turns = batch.turns
        had.update(one.account for one in batch.calls)
    assert abs(had["many"] - had["one"]) <= 2


def test_no_credit_is_saved_while_no_free_render_waits() -> None:
    turns = BatchTurns(credit=50.0)
    assert next_batch([call(1, Lane.PAID)], turns, rows(1)).turns.credit == 0


def test_free_renders_that_waited_long_enough_lead_one_step() -> None:
    turns = replace(BatchTurns(), credit=1.0)
    batch = next_batch([call(1, Lane.PAID), call(2)], turns, rows(1))
    assert [one.render for one in batch.calls] == [2]
    assert batch.turns.credit == 0
