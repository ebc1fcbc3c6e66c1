"""The ledger's equations find what is broken, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.contracts.events import Rule
from services.quota.core import (
    LEDGER,
    AccountQuota,
    Equation,
    LedgerRow,
    Operation,
    Outcome,
    findings,
    reserve,
    settle,
)
from tests.unit.quota.cases import (
    ACCOUNT,
    BOOK,
    DAY,
    HOUR,
    NOON,
    after,
    completed,
    failed,
    job,
    requested,
)


def story() -> tuple[list[LedgerRow], AccountQuota]:
    """Job 1 keeps two units, job 2 fails, job 3 runs, job 4 is refused. Turns 1 to 6."""
    rows: list[LedgerRow] = []
    state: AccountQuota | None = None
    steps: tuple[Callable[[AccountQuota | None], Outcome], ...] = (
        lambda state: reserve(state, requested(1, units=2), BOOK, NOON),
        lambda state: settle(state, completed(1, images=2), NOON + HOUR),
        lambda state: reserve(state, requested(2), BOOK, NOON + HOUR),
        lambda state: settle(state, failed(2), NOON + HOUR),
        lambda state: reserve(state, requested(3), BOOK, NOON + HOUR),
        lambda state: reserve(state, requested(4), BOOK, NOON + 2 * HOUR),
    )
    for step in steps:
        outcome = step(state)
        assert outcome.row is not None
        rows.append(outcome.row)
        state = after(outcome)
    assert state is not None
    return rows, state


def broken(rows: list[LedgerRow], state: AccountQuota | None) -> set[Equation]:
    return {finding.equation for finding in findings(ACCOUNT, rows, state)}


def test_a_true_story_has_no_findings_in_whatever_order_its_rows_come() -> None:
    rows, state = story()
    assert broken(rows, state) == set()
    assert broken(rows[::-1], state) == set()
    assert broken([], None) == set()


def test_rows_survive_being_stored() -> None:
    for row in story()[0]:
        assert LEDGER.codec.decode(row.id, row.to_row().fields) == row


def test_a_document_may_outlive_its_rows() -> None:
    state = story()[1]
    assert broken([], replace(state, open=(), spent=())) == set()


Breaking = Callable[[list[LedgerRow]], list[LedgerRow]]


@pytest.mark.parametrize(
    ("equation", "breaking"),
    [
        (Equation.TURNS_HAVE_NO_GAP, lambda rows: [*rows[:3], *rows[4:]]),
        (Equation.TURNS_HAVE_NO_GAP, lambda rows: [*rows[:5], replace(rows[5], at=NOON)]),
        (Equation.TURN_AGREES, lambda rows: rows[:5]),
        (Equation.OPEN_AGREES, lambda rows: rows[:4]),
        (Equation.UNITS_AGREE, lambda rows: rows[2:]),
        (Equation.CLOSING_HAS_RESERVE, lambda rows: rows[1:]),
        (Equation.CLOSING_BALANCES, lambda rows: [*rows[:3], replace(rows[3], given_back=2)]),
        (
            Equation.ONE_CLOSING,
            lambda rows: [*rows, replace(rows[1], turn=7, operation=Operation.RELEASE)],
        ),
        (
            Equation.ONE_DECISION,
            lambda rows: [*rows, replace(rows[0], turn=7, operation=Operation.DENY)],
        ),
        (Equation.USED_AGREES, lambda rows: [replace(rows[0], quota=None), *rows[1:]]),
        (
            Equation.USED_AGREES,
            lambda rows: [rows[0], replace(rows[1], units=1, given_back=1), *rows[2:]],
        ),
        (
            Equation.WITHIN_LIMIT,
            lambda rows: [*rows[:5], replace(rows[5], operation=Operation.RESERVE, rule=None)],
        ),
        (Equation.REFUSAL_WAS_DUE, lambda rows: [replace(rows[0], rule=Rule.LOAD), *rows[1:]]),
    ],
)
def test_a_broken_story_is_found(equation: Equation, breaking: Breaking) -> None:
    rows, state = story()
    assert equation in broken(breaking(rows), state)


def test_rows_without_a_document_are_found() -> None:
    (finding,) = findings(ACCOUNT, story()[0], None)
    assert finding.equation is Equation.TURN_AGREES
    assert finding.detail == "the ledger is at turn 6, and there is no document"


def test_a_grant_that_the_ledger_does_not_know_is_named() -> None:
    rows, state = story()
    stray = replace(state.open[0], job=job(99))
    found = findings(ACCOUNT, rows, replace(state, open=(*state.open, stray)))
    assert (Equation.OPEN_AGREES, job(99)) in {(one.equation, one.job) for one in found}


def test_a_reserve_row_without_its_end_of_window_is_no_reserve() -> None:
    rows, state = story()
    rows[0] = replace(rows[0], leaves_at=None)
    assert Equation.CLOSING_HAS_RESERVE in broken(rows, state)


def test_units_that_left_the_window_are_not_counted() -> None:
    rows, state = story()
    late = after(settle(state, completed(3), NOON + 2 * DAY))
    closing = settle(state, completed(3), NOON + 2 * DAY).row
    assert closing is not None
    assert broken([*rows, closing], late) == set()
