import json
from dataclasses import replace
from typing import Any

import pytest

from services.cli.dlq import (
    Choice,
    WrongName,
    brief,
    full,
    overview,
    parse_place,
    printable,
    topics_of,
)
from services.contracts import STREAMS, WireRecord
from services.kit.bus import DeadLetter, Deed, Letterbox, Mark, Place, Record
from tests.unit.kit.bus.samples import NOW, record

TOPIC = "heatsink.requests.v1.dlq"
SECRET = "a naked emperor in the snow"
SPEC = {"spec": {"prompt": SECRET, "n": 2}, "token": "hs_live_abc_def", "plan": "free"}


def letter(value: bytes | None, **changes: Any) -> DeadLetter:
    was = replace(record(), topic="heatsink.requests.v1", wire=WireRecord(b"k", value, ()))
    made = DeadLetter(was, "handler_fault", "", "", "quota", NOW)
    return replace(made, **changes)


def box(*letters: DeadLetter, marks: tuple[Mark, ...] = ()) -> Letterbox:
    wires = [*(one.encode() for one in letters), *(mark.encode() for mark in marks)]
    return Letterbox.sorted(
        TOPIC, [Record(TOPIC, 0, offset, NOW, wire) for offset, wire in enumerate(wires)]
    )


def shown(of: DeadLetter, *, payload: bool = False) -> dict[str, Any]:
    return full(box(of).slips[0], of, payload=payload)


def test_prompts_and_tokens_are_hidden_wherever_they_were_written() -> None:
    of = letter(
        json.dumps(SPEC).encode(), detail=f"ValueError('{SECRET}')", stack=f"…\nError: {SECRET}"
    )
    told = shown(of)

    assert told["value"]["spec"] == {"prompt": "[redacted]", "n": 2}
    assert told["value"]["plan"] == "free"
    assert SECRET not in json.dumps(told)
    assert "hs_live_abc_def" not in json.dumps(told)


def test_all_of_it_is_shown_to_whoever_asks() -> None:
    value = json.dumps(SPEC).encode()

    assert shown(letter(value, stack=SECRET), payload=True)["value"] == value.decode()
    assert shown(letter(value, stack=SECRET), payload=True)["stack"] == SECRET
    assert shown(letter(b"\xff"), payload=True)["value"] == {"base64": "/w=="}


@pytest.mark.parametrize("value", [b"{", b"\xff\xfe", b'"a prompt"', b"[" * 100_000, b""])
def test_what_is_no_object_may_hold_a_prompt_too(value: bytes) -> None:
    assert shown(letter(value))["value"] == f"{len(value)} bytes that are no JSON object"


def test_a_null_value_is_null() -> None:
    assert shown(letter(None))["value"] is None


def test_an_overview_counts_what_is_open() -> None:
    dropped = Mark(Deed.DROPPED, NOW, (Place(0, 0),))
    told = overview(box(*[letter(b"{")] * 2, letter(b"{", reason="too_large"), marks=(dropped,)))

    assert told["reasons"] == {"handler_fault": 1, "too_large": 1}
    assert (told["open"], told["dropped"], told["oldest"]) == (2, 1, NOW.isoformat())
    assert overview(box())["oldest"] is None


def test_a_line_says_where_it_came_from_and_what_was_done() -> None:
    replayed = Mark(Deed.REPLAYED, NOW, (Place(0, 0),))
    told = brief(box(letter(b"{"), marks=(replayed,)).slips[0])

    assert (told["at"], told["origin"]) == ("0:0", "heatsink.requests.v1:0:0")
    assert (told["handled"], told["handled_at"]) == ("replayed", NOW.isoformat())


def test_what_strangers_wrote_moves_no_cursor() -> None:
    assert printable("a\x1b[2J\x07\x9b\nb é") == "a\\x1b[2J\\x07\\x9b\nb é"


def test_letters_are_chosen_by_reason_place_and_number() -> None:
    slips = box(letter(b"{"), letter(b"{", reason="too_large"), letter(b"{")).slips

    assert Choice().of(slips) == slips
    assert Choice(reason="handler_fault", limit=1).of(slips) == slips[:1]
    assert Choice(at=Place(0, 1)).of(slips) == slips[1:2]
    assert Choice(at=Place(0, 1), reason="handler_fault").of(slips) == ()


@pytest.mark.parametrize("name", ["requests", "house.requests.v1", "house.requests.v1.dlq"])
def test_a_topic_has_three_names(name: str) -> None:
    assert topics_of("house", name) == ("house.requests.v1.dlq",)


def test_other_names_are_refused_and_no_name_is_all() -> None:
    assert len(topics_of("house", None)) == len(STREAMS)
    for name in ("weather", "heatsink.requests.v1", ""):
        with pytest.raises(WrongName):
            topics_of("house", name)
    with pytest.raises(WrongName):
        parse_place("seven")
