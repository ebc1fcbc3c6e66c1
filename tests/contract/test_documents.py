"""The generated files are what the code says, and the past stays readable."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator

from services.contracts import WireRecord, decode, event_classes
from services.contracts.documents import GOLDEN as GOLDEN_FOLDER
from services.contracts.documents import ROOT, documents, main, read_golden
from services.contracts.examples import example_envelopes

GOLDEN = read_golden()


def holds(newer: Any, older: Any) -> bool:
    """Everything that `older` says, `newer` says too."""
    if isinstance(older, dict):
        return isinstance(newer, dict) and all(
            key in newer and holds(newer[key], value) for key, value in older.items()
        )
    if isinstance(older, list):
        return (
            isinstance(newer, list)
            and len(newer) == len(older)
            and all(holds(*pair) for pair in zip(newer, older, strict=True))
        )
    return bool(newer == older)


def test_generated_files_have_not_drifted_from_the_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--check"]) == 0, "run python -m services.contracts.documents"
    assert capsys.readouterr().out == ""


def test_the_command_writes_everything_once_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    assert main(["--check"], tmp_path) == 1
    assert not list(tmp_path.iterdir()), "a check writes nothing"
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert {path for path in documents(tmp_path) if not (tmp_path / path).exists()} == set()


def test_an_example_that_changed_becomes_the_next_number(tmp_path: Path) -> None:
    main([], tmp_path)
    past = tmp_path / GOLDEN_FOLDER / "JobCancelled-1.json"
    past.write_text(past.read_text().replace("subject", "topic"))
    main([], tmp_path)
    assert "topic" in past.read_text(), "the past is never rewritten"
    assert "subject" in (tmp_path / GOLDEN_FOLDER / "JobCancelled-2.json").read_text()


def test_every_event_has_an_example() -> None:
    assert {type(envelope.data) for envelope in example_envelopes()} == set(event_classes())


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_every_golden_example_that_ever_was_stays_readable(name: str) -> None:
    record = GOLDEN[name]
    envelope = decode(record)
    assert name.startswith(f"{type(envelope.data).__name__}-")
    now = json.loads(envelope.data.model_dump_json())
    assert holds(now, json.loads(record.value or b"{}")), "a field was lost or retyped"


@pytest.mark.parametrize("envelope", example_envelopes(), ids=lambda e: type(e.data).__name__)
def test_examples_meet_their_json_schema(envelope: Any) -> None:
    path = ROOT / f"services/contracts/schemas/{envelope.data.type()}.json"
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(envelope.data.model_dump_json()))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_the_cloudevents_library_reads_our_records(name: str) -> None:
    record: WireRecord = GOLDEN[name]
    value = record.value or b"null"  # it has no word for a value that is not there
    message = KafkaMessage(headers=dict(record.headers), key=record.key, value=value)
    theirs = from_binary(message, JSONFormat())
    ours = decode(record)
    assert theirs.get_id() == ours.id
    assert theirs.get_type() == ours.data.type()
    assert theirs.get_time() == ours.time
    assert theirs.get_subject() == ours.data.key
