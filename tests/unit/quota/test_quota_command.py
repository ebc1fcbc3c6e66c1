"""The commands of `python -m services.quota`, and what they say."""

import json
from pathlib import Path

import pytest

from services.contracts import Lane
from services.kit.data import load_yaml
from services.kit.settings import read
from services.quota.__main__ import main
from services.quota.check import Proof
from services.quota.core import Equation, Finding, Plans
from services.quota.proof import as_json_text, as_text
from services.quota.settings import QuotaSettings
from tests.unit.quota.cases import ACCOUNT, job

ENVIRONMENT = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "HEATSINK_MONGO_URL": "mongodb://127.0.0.1:1",
}
FINDING = Finding(Equation.WITHIN_LIMIT, ACCOUNT, "4 used on a limit of 3", job(1))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_plans_that_ship_are_the_promised_ones() -> None:
    plans = load_yaml(read(QuotaSettings, ENVIRONMENT).plans, Plans)
    assert [plan.id for plan in plans.plans] == ["free", "plus", "pro", "operator"]
    free, *paid = plans.plans
    assert (free.images, free.window_seconds, free.adaptive) == (3, 86_400, True)
    assert (free.lane, free.rounding_seconds) == (Lane.FREE, 0)
    assert {(plan.lane, plan.adaptive) for plan in paid} == {(Lane.PAID, False)}


def test_plans_that_make_no_sense_stop_the_process_with_one_line(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plans.yaml"
    path.write_text("plans: [{id: free, images: many}]")
    environment.setenv("HEATSINK_PLANS", str(path))
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 78
    assert capsys.readouterr().err.count("\n") == 1


def test_a_database_that_is_away_proves_nothing(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check"])
    assert stopped.value.code == 69
    assert "can't be read" in capsys.readouterr().err


def test_findings_are_told_for_people_and_for_scripts() -> None:
    proof = Proof(2, (FINDING,))
    assert as_text(proof) == (
        f"{ACCOUNT} {job(1)}: not so: a reservation stays within the row's own limit; "
        "4 used on a limit of 3\n2 accounts checked: 1 finding\n"
    )
    assert json.loads(as_json_text(proof)) == {
        "accounts": 2,
        "findings": [
            {
                "equation": Equation.WITHIN_LIMIT.value,
                "account": ACCOUNT,
                "detail": "4 used on a limit of 3",
                "job": job(1),
            }
        ],
    }


def test_a_sound_ledger_is_told_in_one_line() -> None:
    assert as_text(Proof(1, ())) == "1 account checked: every equation holds\n"
