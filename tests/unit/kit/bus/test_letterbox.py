from dataclasses import replace

import pytest

from services.contracts import WireRecord
from services.kit.bus import DeadLetter, Deed, Letterbox, Mark, Place, Record
from tests.unit.kit.bus.samples import CANCELLATIONS, NOW, garbage

TOPIC = f"{CANCELLATIONS}.dlq"


def lying(offset: int, wire: WireRecord | None = None) -> Record:
    """A record of the dead letters' topic, by default a letter."""
    letter = DeadLetter(garbage(offset=7), "invalid_data", "", "", "quota", NOW)
    return Record(TOPIC, 0, offset, NOW, wire or letter.encode())


def mark(deed: Deed, *offsets: int) -> WireRecord:
    return Mark(deed, NOW, tuple(Place(0, offset) for offset in offsets)).encode()


def test_letters_are_open_until_a_mark_names_them() -> None:
    records = [lying(0), lying(1), lying(2), lying(3, mark(Deed.REPLAYED, 0))]
    box = Letterbox.sorted(TOPIC, [*records, lying(4, mark(Deed.DROPPED, 2, 1))])

    assert box.open == ()
    assert (box.count(Deed.REPLAYED), box.count(Deed.DROPPED)) == (1, 2)
    assert [slip.place for slip in box.slips] == [Place(0, 0), Place(0, 1), Place(0, 2)]


def test_it_does_not_matter_in_which_order_partitions_are_read() -> None:
    box = Letterbox.sorted(TOPIC, [lying(4, mark(Deed.DROPPED, 3)), lying(3), lying(2)])

    assert [slip.place.offset for slip in box.open] == [2]


def test_slips_hold_no_values_and_still_know_their_size() -> None:
    [slip] = Letterbox.sorted(TOPIC, [lying(0)]).slips

    assert slip.letter.record.wire.value is None
    assert slip.size == 14
    assert replace(slip.letter.record, wire=garbage().wire) == garbage(offset=7)


@pytest.mark.parametrize(
    "wire",
    [
        WireRecord(b"k", b"v", ()),
        WireRecord(b"k", b"v", (("dlq_mark", b"burnt"),)),
        WireRecord(b"k", b"{", (("dlq_mark", b"replayed"),)),
        WireRecord(b"k", b'{"at": 3}', (("dlq_mark", b"replayed"),)),
        WireRecord(b"k", b'["at"]', (("dlq_mark", b"replayed"),)),
        WireRecord(b"k", None, (("dlq_mark", b"\xff"),)),
    ],
)
def test_what_is_neither_letter_nor_mark_is_counted_and_hides_nothing(wire: WireRecord) -> None:
    box = Letterbox.sorted(TOPIC, [lying(0), lying(1, wire)])

    assert (len(box.open), box.strangers) == (1, 1)


@pytest.mark.parametrize("text", ["", "1", "a:b", "1:2:3", "0:", "0:-1", "0:1\n"])
def test_a_place_is_two_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        Place.parse(text)


def test_a_place_reads_as_it_is_written() -> None:
    assert Place.parse(str(Place(3, 4711))) == Place(3, 4711)
