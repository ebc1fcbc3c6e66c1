"""Fetched batches are read whole, whatever their headers are called."""

import pytest

from services.contracts import WireRecord
from services.kit.bus.kafka import CorruptRecordException
from services.kit.bus.unpacking import PatientRecords
from tests.unit.kit.bus.strange import CODECS, NAME, READ_AS, strange_batch

PLAIN = WireRecord(b"a", b"1", (("x", b"2"),))
ODD = WireRecord(b"b", b"3", ((NAME, b"4"), ("y", b"")))
BARE = WireRecord(None, None, ())


def unpacked(data: bytes) -> list[tuple[int, WireRecord]]:
    records, found = PatientRecords(data), []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        for one in batch:
            headers = tuple((name, value or b"") for name, value in one.headers)
            found.append((one.offset, WireRecord(one.key, one.value, headers)))
            assert one.timestamp == 1_000 + one.offset
    return found


@pytest.mark.parametrize("codec", CODECS)
def test_a_name_that_is_no_utf_8_is_written_out_and_its_neighbours_stay_as_they_are(
    codec: str,
) -> None:
    data = strange_batch(enumerate([PLAIN, ODD, BARE, ODD, PLAIN]), codec)
    read = WireRecord(b"b", b"3", ((READ_AS, b"4"), ("y", b"")))
    assert unpacked(data) == list(enumerate([PLAIN, read, BARE, read, PLAIN]))


def test_records_keep_their_offsets_where_others_were_compacted_away() -> None:
    data = strange_batch([(0, PLAIN), (7, ODD), (300, PLAIN)])
    assert [offset for offset, _ in unpacked(data)] == [0, 7, 300]


def test_batches_before_and_behind_are_read_too() -> None:
    data = strange_batch([(0, PLAIN)]) + strange_batch([(1, ODD)]) + strange_batch([(2, PLAIN)])
    assert [offset for offset, _ in unpacked(data)] == [0, 1, 2]


def test_the_time_is_the_brokers_where_that_writes_it() -> None:
    data = bytearray(strange_batch(enumerate([PLAIN, ODD])))
    data[22] |= 0b1000
    (batch,) = [PatientRecords(bytes(data)).next_batch()]
    assert [one.timestamp for one in batch] == [1_001, 1_001]


def test_a_header_may_have_no_value() -> None:
    null = WireRecord(b"k", b"v", (("x", None), (NAME, None)))  # type: ignore[arg-type]  # Kafka's
    [read] = PatientRecords(strange_batch([(0, null)])).next_batch()
    assert list(read.headers) == [("x", None), (READ_AS, None)]


def test_what_is_broken_otherwise_is_still_refused() -> None:
    data = bytearray(strange_batch([(0, PLAIN)]))
    data[61] += 2  # the record says that it is longer than it is
    with pytest.raises(CorruptRecordException):
        list(PatientRecords(bytes(data)).next_batch())


def test_an_unfinished_batch_at_the_end_is_left_for_the_next_fetch() -> None:
    whole, cut = strange_batch([(0, PLAIN)]), strange_batch([(1, ODD)])[:-5]
    records = PatientRecords(whole + cut)
    assert [one.offset for one in records.next_batch()] == [0]
    assert not records.has_next()
    assert records.size_in_bytes() == len(whole + cut)
