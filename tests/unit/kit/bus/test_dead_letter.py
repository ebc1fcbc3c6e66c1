from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import WireRecord
from services.kit.bus import MAX_RECORD_BYTES, DeadLetter, Record
from services.kit.bus.size import LETTER_BYTES, size_of
from tests.unit.kit.bus.samples import NOW, garbage

headers = st.lists(
    st.tuples(st.text(max_size=10).filter(lambda name: not name.startswith("dlq_")), st.binary()),
    max_size=3,
).map(tuple)
wires = st.builds(WireRecord, st.none() | st.binary(), st.none() | st.binary(), headers)


def letter(record: Record, detail: str = "why", stack: str = "") -> DeadLetter:
    return DeadLetter(record, "bad_json", detail, stack, "quota", NOW)


@given(wires.filter(lambda wire: (wire.key, wire.value) != (None, None)), st.text(), st.text())
def test_a_dead_letter_gives_back_record_and_reason_as_they_were(
    wire: WireRecord, detail: str, stack: str
) -> None:
    written = letter(Record("a.b.v1", 3, 42, NOW, wire), detail, stack)

    assert DeadLetter.decode(written.encode()) == written


def test_it_goes_to_the_topic_beside_the_one_it_came_from() -> None:
    assert letter(garbage()).topic == "heatsink.cancellations.v1.dlq"


def test_kafka_needs_a_key_or_a_value_so_a_record_without_either_gets_an_empty_one() -> None:
    nothing = replace(garbage(), wire=WireRecord(None, None, ()))

    assert letter(nothing).encode().value == b""


def test_a_second_burial_replaces_the_first_ones_headers() -> None:
    first = letter(garbage())
    second = letter(replace(garbage(), wire=first.encode()), detail="again")

    assert DeadLetter.decode(second.encode()).detail == "again"
    assert [name for name, _ in second.encode().headers].count("dlq_detail") == 1


def test_of_a_long_stack_the_end_is_kept() -> None:
    long = letter(garbage(), stack="x" * 100_000 + "ValueError: the cause")

    kept = DeadLetter.decode(long.encode()).stack
    assert len(kept) == 16_000
    assert kept.endswith("ValueError: the cause")


def test_detail_and_stack_are_bounded_in_bytes_whatever_they_say() -> None:
    wire = letter(garbage(), detail="é" * 10_000, stack="é" * 100_000).encode()

    assert size_of(wire) < 20_000
    assert DeadLetter.decode(wire).stack.endswith("éé")


@pytest.mark.parametrize(
    "wire",
    [
        WireRecord(b"k", b"v" * MAX_RECORD_BYTES, ()),
        WireRecord(b"k" * (MAX_RECORD_BYTES + 1), None, ()),
        WireRecord(None, b"", (("x", b"h" * MAX_RECORD_BYTES),)),
        WireRecord(None, b"", (("x", b""),) * 200_000),
    ],
    ids=["value", "key", "header", "headers"],
)
def test_of_a_record_that_is_too_large_the_beginnings_are_kept(wire: WireRecord) -> None:
    too_large = replace(garbage(), wire=wire)
    fitted = DeadLetter.decode(letter(too_large).fitted().encode())

    assert size_of(fitted.encode()) < 60_000
    assert fitted.cut == size_of(wire)
    assert (fitted.record.topic, fitted.record.offset) == (too_large.topic, too_large.offset)
    assert (wire.value or b"").startswith(fitted.record.wire.value or b"")


def test_a_record_of_the_largest_size_is_kept_whole() -> None:
    largest = replace(garbage(), wire=WireRecord(b"k", b"v" * (MAX_RECORD_BYTES - 1), ()))
    fitted = letter(largest, detail="d" * 10_000, stack="s" * 100_000).fitted()

    assert fitted.record == largest
    assert size_of(fitted.encode()) < LETTER_BYTES


def test_another_record_is_no_dead_letter() -> None:
    with pytest.raises(KeyError):
        DeadLetter.decode(WireRecord(b"k", b"v", ()))
