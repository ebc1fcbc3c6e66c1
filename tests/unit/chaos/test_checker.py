"""The checker can tell: each law is broken on purpose, and found."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.checker.evidence import Diary, Evidence, Record, Stored
from tests.chaos.checker.laws import broken

PICTURE = b"a picture"
IMAGE = {"blob": "images/j1/1-0.png", "sha256": hashlib.sha256(PICTURE).hexdigest()}


def record(kind: str, stream: str, number: int, **data: Any) -> Record:
    return Record(stream, kind, f"e{number}", "a1", "j1", float(number), data)


STORY = (
    record("JobRequested", "requests", 1),
    record("JobAdmitted", "decisions", 2),
    record("JobQueued", "renders", 3),
    record("JobStarted", "renders", 4, attempt=1),
    record("JobCompleted", "renders", 5, attempt=1, images=[IMAGE]),
)


def row(operation: str, turn: int, units: int = 1, limit: int = 3) -> dict[str, Any]:
    return {
        "account": "a1",
        "job": "j1",
        "operation": operation,
        "turn": turn,
        "units": units,
        "given_back": 0,
        "quota": {"limit": limit},
    }


def job(name: str = "j1", status: str = "completed") -> dict[str, Any]:
    return {"_id": name, "state": {"status": status, "spec": {"prompt": "one"}, "account": "a1"}}


def notice(sequence: int, event: str) -> dict[str, Any]:
    return {"_id": event, "account": "a1", "sequence": sequence}


@pytest.fixture
def sound(tmp_path: Path) -> Evidence:
    """One job that went as it should."""
    (tmp_path / "images" / "j1").mkdir(parents=True)
    (tmp_path / IMAGE["blob"]).write_bytes(PICTURE)
    lines = [
        {"at": 1, "what": "answer", "account": "a1", "once": "one", "job": "j1", "replayed": False},
        {"at": 2, "what": "connected", "account": "a1", "follower": "f"},
        *({"at": 3, "what": "told", "account": "a1", "follower": "f", "id": n} for n in (1, 2)),
    ]
    log = tmp_path / "diary.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    stored = Stored(
        jobs=[job()],
        grants=[{"_id": "a1", "state": {"open": [], "spent": [{"units": 1}]}}],
        ledger=[row("reserve", 1), row("commit", 2)],
        feed=[notice(1, "e2"), notice(2, "e5")],
    )
    return Evidence(Diary.read([log]), stored, STORY, 0, tmp_path)


Harm = Callable[[Evidence], Evidence]


def stored(**fields: Any) -> Harm:
    return lambda evidence: replace(evidence, stored=replace(evidence.stored, **fields))


def told(*records: Record) -> Harm:
    return lambda evidence: replace(evidence, records=records)


def noted(**line: Any) -> Harm:
    return lambda evidence: replace(evidence, diary=Diary((*evidence.diary.lines, line)))


def without_its_picture(evidence: Evidence) -> Evidence:
    assert evidence.blobs
    (evidence.blobs / IMAGE["blob"]).unlink()
    return evidence


def with_another_picture(evidence: Evidence) -> Evidence:
    assert evidence.blobs
    (evidence.blobs / IMAGE["blob"]).write_bytes(b"another")
    return evidence


def test_a_job_that_went_as_it_should_has_no_finding(sound: Evidence) -> None:
    assert broken(sound) == []


def test_a_reminder_may_be_told_the_decision_again(sound: Evidence) -> None:
    again = record("JobRequested", "requests", 6, reminder=True), replace(STORY[1], id="e7")
    assert broken(told(*STORY, *again)(sound)) == []


def test_the_same_event_twice_is_no_fault(sound: Evidence) -> None:
    assert broken(told(*STORY, *STORY)(sound)) == []


def test_a_story_told_again_in_another_order_is_the_first_one(sound: Evidence) -> None:
    assert broken(replace(sound, records=(*STORY, *reversed(STORY)))) == []


@pytest.mark.parametrize(
    ("law", "harm"),
    [
        pytest.param("C1", stored(jobs=[]), id="an accepted job is not stored"),
        pytest.param("C1", stored(jobs=[job(), job("j2")]), id="one wish is two jobs"),
        pytest.param("C1", stored(jobs=[job(status="running")]), id="gateway shows no end"),
        pytest.param("C1", told(*STORY[:-1]), id="no end"),
        pytest.param(
            "C1", told(*STORY, record("JobFailed", "renders", 6, attempt=1)), id="two ends"
        ),
        pytest.param(
            "C1",
            noted(at=4, what="answer", account="a1", once="one", job="j2", replayed=True),
            id="two answers name two jobs",
        ),
        pytest.param("C2", stored(ledger=[row("reserve", 1)]), id="an end without its row"),
        pytest.param(
            "C2", stored(ledger=[row("reserve", 1), row("commit", 3)]), id="turns have a gap"
        ),
        pytest.param(
            "C2",
            stored(ledger=[row("reserve", 1), row("commit", 2), row("commit", 3)]),
            id="closed twice",
        ),
        pytest.param(
            "C2",
            stored(ledger=[row("reserve", 1, limit=0), row("commit", 2)]),
            id="admitted past the limit",
        ),
        pytest.param(
            "C2",
            stored(grants=[{"_id": "a1", "state": {"open": [{"units": 1}], "spent": []}}]),
            id="a grant stays open",
        ),
        pytest.param("C3", stored(unpublished=[("render.queue/j1", None)]), id="unpublished"),
        pytest.param("C4", stored(feed=[notice(1, "e2")]), id="an end without a notification"),
        pytest.param("C4", stored(feed=[notice(1, "e2"), notice(3, "e5")]), id="a feed with a gap"),
        pytest.param(
            "C4", noted(at=4, what="told", account="a1", follower="f", id=2), id="heard twice"
        ),
        pytest.param(
            "C4", noted(at=4, what="reset", account="a1", follower="f", after=1), id="was reset"
        ),
        pytest.param("C5", without_its_picture, id="the picture is missing"),
        pytest.param("C5", with_another_picture, id="another picture"),
        pytest.param("C6", told(*STORY[1:]), id="no request"),
        pytest.param("C6", told(*STORY, replace(STORY[1], id="e7")), id="decided twice"),
        pytest.param("C6", told(*STORY[:3], STORY[4]), id="an end before its attempt"),
        pytest.param(
            "C6",
            told(*STORY, record("JobStarted", "renders", 6, attempt=2)),
            id="begun after its end",
        ),
        pytest.param(
            "C6",
            told(*STORY[:4], record("JobStarted", "renders", 6, attempt=1), STORY[4]),
            id="one attempt begun twice",
        ),
    ],
)
def test_a_broken_law_is_found(sound: Evidence, law: str, harm: Harm) -> None:
    assert law in {finding.law for finding in broken(harm(sound))}
