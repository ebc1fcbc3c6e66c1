"""A decision leaves the document only when the ledger has its row."""

from services.quota.core import (
    AccountQuota,
    Verdict,
    forget,
    is_crowded,
    reserve,
    to_forget,
)
from services.quota.core.recall import MOST_REMEMBERED, REMEMBERED
from tests.unit.quota.cases import BOOK, DAY, NOON, after, drawn, job, requested


def refused(count: int) -> AccountQuota:
    """An account with this many refusals in its document, jobs 10 and on."""
    state = drawn(None, 1, 2, 3)
    for number in range(10, 10 + count - 3):
        state = after(reserve(state, requested(number), BOOK, NOON))
    return state


def forgotten(state: AccountQuota) -> AccountQuota:
    change = forget(state, to_forget(state))
    assert change is not None
    assert (change.events, change.rows) == ((), ())
    return change.state


def test_a_document_calls_for_forgetting_at_twice_what_it_keeps() -> None:
    assert not is_crowded(refused(2 * REMEMBERED - 1))
    state = refused(2 * REMEMBERED)
    assert is_crowded(state)
    assert len(to_forget(state)) == REMEMBERED
    assert to_forget(state)[:3] == (job(1), job(2), job(3))


def test_only_what_the_ledger_has_is_forgotten() -> None:
    state = refused(2 * REMEMBERED)
    change = forget(state, {job(1), job(12), job(999)})
    assert change is not None
    assert not {job(1), job(12)} & set(change.state.decided)
    assert len(change.state.decided) == 2 * REMEMBERED - 2
    assert (change.state.forgotten.count, change.state.forgotten.highest) == (2, job(12))


def test_a_younger_decision_that_was_forgotten_first_is_looked_up_still() -> None:
    state = drawn(None, 1, 2, 3)
    for forgotten_job in (job(3), job(1)):
        change = forget(state, {forgotten_job})
        assert change is not None
        state = change.state
    assert reserve(state, requested(3), BOOK, NOON + 2 * DAY).verdict is Verdict.LOOK_UP


def test_nothing_is_forgotten_while_the_ledger_is_behind() -> None:
    assert forget(refused(2 * REMEMBERED), set()) is None
    assert forget(None, {job(1)}) is None


def test_a_document_that_remembers_too_much_takes_no_new_request() -> None:
    state = refused(MOST_REMEMBERED - 1)
    assert reserve(state, requested(9_000), BOOK, NOON).verdict is Verdict.REJECTED
    state = refused(MOST_REMEMBERED)
    assert reserve(state, requested(9_000), BOOK, NOON).verdict is Verdict.CONGESTED
    assert reserve(state, requested(10), BOOK, NOON).verdict is Verdict.REPEATED
    assert reserve(forgotten(state), requested(9_000), BOOK, NOON).verdict is Verdict.REJECTED


def test_a_request_that_may_be_forgotten_is_looked_up_before_it_is_decided() -> None:
    state = forgotten(refused(2 * REMEMBERED))
    outcome = reserve(state, requested(1), BOOK, NOON + 2 * DAY)
    assert (outcome.verdict, outcome.change) == (Verdict.LOOK_UP, None)
    assert outcome.forgotten_count == REMEMBERED


def test_a_request_that_the_ledger_does_not_know_is_decided_after_the_look_up() -> None:
    state = forgotten(refused(2 * REMEMBERED))
    seen = state.forgotten.count
    outcome = reserve(state, requested(5), BOOK, NOON + 2 * DAY, looked_up=seen)
    assert outcome.verdict is Verdict.ADMITTED


def test_a_look_up_is_void_when_more_was_forgotten_since() -> None:
    state = forgotten(refused(2 * REMEMBERED))
    seen = state.forgotten.count
    for number in range(500, 500 + 2 * REMEMBERED):
        state = after(reserve(state, requested(number), BOOK, NOON))
    outcome = reserve(forgotten(state), requested(5), BOOK, NOON, looked_up=seen)
    assert outcome.verdict is Verdict.LOOK_UP


def test_a_newer_request_needs_no_look_up() -> None:
    state = forgotten(refused(2 * REMEMBERED))
    outcome = reserve(state, requested(9_999), BOOK, NOON + 2 * DAY)
    assert outcome.verdict is Verdict.ADMITTED
