"""One decision in plain words, and the arguments of an operator's hand on the multiplier."""

from datetime import timedelta

import pytest

from services.contracts import AccountId, hash_offset
from services.quota.arguments import parser
from services.quota.core import Doorway, LedgerRow, Outcome, explain, reserve, settle
from tests.unit.quota.cases import (
    ACCOUNT,
    BOOK,
    DAY,
    HOUR,
    NOON,
    after,
    book,
    completed,
    failed,
    job,
    limits,
    requested,
)


def row(outcome: Outcome) -> LedgerRow:
    assert outcome.row is not None
    return outcome.row


def test_an_admission_and_its_delivery_are_told() -> None:
    admitted = reserve(None, requested(1, units=2), BOOK, NOON)
    kept = settle(after(admitted), completed(1, images=1), NOON + HOUR)
    assert explain([row(admitted), row(kept)]) == [
        f"{job(1)} of {ACCOUNT}, plan free, asked for 2 at 2036-01-01 12:00:00 UTC.",
        "The plan gives 3 in 86400 s, and no multiplier was in force.",
        "Used before: 0. With this job: 2, on a limit of 3.",
        (
            "Admitted to the free lane, as the 2. unit of its window; its units count until "
            "2036-01-02 12:00:00 UTC."
        ),
        "Delivered at 2036-01-01 13:00:00 UTC: 1 kept, 1 given back.",
    ]


def test_a_failure_gives_back() -> None:
    admitted = reserve(None, requested(1), BOOK, NOON)
    released = settle(after(admitted), failed(1), NOON)
    assert explain([row(admitted), row(released)])[-1] == (
        "Ended without a picture at 2036-01-01 12:00:00 UTC: 1 given back."
    )


def test_a_refusal_by_load_shows_the_arithmetic_and_the_moment_that_is_kept() -> None:
    said = limits(0.1, expected_end=NOON + HOUR)
    accounts = (AccountId(f"acc_{number:032x}") for number in range(100))
    account = next(one for one in accounts if hash_offset(one, NOON) < 0.5)
    h = hash_offset(account, NOON)
    refused = reserve(None, requested(1, account=account), book(said), NOON)
    story = explain([row(refused)])
    assert story[1] == (
        f"The plan gives 3 in 86400 s; the multiplier was m = 0.100 (limits version 7), so the "
        f"account's limit was 3 * 0.100 + {h:.3f} = {0.3 + h:.2f}, rounded down."
    )
    assert story[2] == "Used before: 0. With this job: 1, on a limit of 0."
    assert story[3].startswith("Refused by the rule load. What was said: The Free plan gives")
    assert story[4].endswith("That moment is kept, whatever m is then.")


def test_a_kept_moment_and_a_deferral_say_why_the_limit_was_raised() -> None:
    accounts = (AccountId(f"acc_{number:032x}") for number in range(100))
    account = next(one for one in accounts if hash_offset(one, NOON) < 0.5)
    refused = reserve(None, requested(1, account=account), book(limits(0.1)), NOON)
    moment = row(refused).retry_at
    assert moment
    nothing = book(limits(0.0, version=8))
    kept = reserve(after(refused), requested(2, account=account), nothing, moment)
    assert "an earlier refusal had named had come" in explain([row(kept)])[1]
    patient = requested(3, account=account).model_copy(update={"allow_deferred": True})
    later = reserve(None, patient, nothing, NOON, doorway=Doorway(may_defer=True))
    assert "a deferred job is weighed by the plan's own limit" in explain([row(later)])[1]
    assert "Admitted to the deferred lane" in explain([row(later)])[3]


def test_what_the_ledger_does_not_know_has_no_story() -> None:
    assert explain([]) == []


def test_a_hold_lasts_as_long_as_it_says() -> None:
    chosen = parser().parse_args(["hold", "free", "--m", "0.3", "--for", "2h", "--note", "why"])
    assert (chosen.m, chosen.lasting, chosen.note) == (0.3, 2 * HOUR, "why")
    assert parser().parse_args(["cap", "free", "--m", "0", "--for", "1d"]).lasting == DAY
    assert parser().parse_args(["hold", "free", "--m", "1"]).lasting == timedelta(hours=1)


@pytest.mark.parametrize(
    "wrong", [["--m", "1.5"], ["--m", "0.5", "--for", "soon"], ["--for", "1h"]]
)
def test_a_hold_that_makes_no_sense_is_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["hold", "free", *wrong])
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err
