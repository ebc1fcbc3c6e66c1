r"""Fetched batches, taken apart also where a header's name is no UTF-8 (law 10).

To Kafka such a name is as good as any, while aiokafka 0.14 fails at it: at that record and all
behind it, in every poll for ever. Here such a batch is read on with the bytes of such names written
out, `\xff`, so that the record is one like others: it has a header that nobody knows.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from services.kit.bus.kafka import (
    CorruptRecordException,
    MemoryRecords,
    RecordBatch,
    UnpackedRecord,
    decode_varint,
    gzip_decode,
    lz4_decode,
    snappy_decode,
    zstd_decode,
)

__all__ = ["PatientRecords"]

_LENGTH = struct.Struct(">8xi")  # of a batch, behind its first offset
_BATCH_HEAD = 61
_LOG_APPEND_TIME = 1
_DECODERS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: gzip_decode,
    2: snappy_decode,
    3: lz4_decode,
    4: zstd_decode,
}


class PatientRecords:
    """Stands in for aiokafka's MemoryRecords: what was fetched of one partition, by batches."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)
        self._batches = MemoryRecords(data)
        self.has_next = self._batches.has_next
        self.size_in_bytes = self._batches.size_in_bytes

    def next_batch(self) -> "_PatientBatch":
        (length,) = _LENGTH.unpack_from(self._rest)
        end = _LENGTH.size + length
        raw, self._rest = self._rest[:end], self._rest[end:]
        return _PatientBatch(self._batches.next_batch(), raw)


class _PatientBatch:
    """As the batch itself, until aiokafka meets a name that it can't read."""

    def __init__(self, batch: RecordBatch, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> UnpackedRecord:
        return next(self._batch)

    def __iter__(self) -> Iterator[UnpackedRecord]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except (UnicodeDecodeError, CorruptRecordException) as error:
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
            yield from islice(_unpacked(self._batch, self._raw), read, None)


@dataclass(frozen=True, slots=True)
class _Unpacked:
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    checksum: None = None


class _Cursor:
    """Reads what records are made of: https://kafka.apache.org/documentation/#recordbatch."""

    def __init__(self, data: bytearray, at: int = 0) -> None:
        self.data = data
        self.at = at

    def number(self) -> int:
        number, self.at = decode_varint(self.data, self.at)
        return number

    def blob(self) -> bytes | None:
        size = self.number()
        return None if size < 0 else self.take(size)

    def take(self, size: int) -> bytes:
        begin, self.at = self.at, self.at + size
        return bytes(self.data[begin : self.at])

    def header(self) -> tuple[str, bytes | None]:
        return self.take(self.number()).decode(errors="backslashreplace"), self.blob()


def _unpacked(batch: RecordBatch, raw: memoryview) -> Iterator[UnpackedRecord]:
    decompress = _DECODERS[batch.compression_type]
    cursor = _Cursor(bytearray(decompress(bytes(raw[_BATCH_HEAD:]))))
    while cursor.at < len(cursor.data):
        size = cursor.number()
        end = cursor.at + size
        yield _record(batch, cursor)
        cursor.at = end


def _record(batch: RecordBatch, cursor: _Cursor) -> UnpackedRecord:
    cursor.take(1)  # attributes, of which there are none yet
    time = batch.first_timestamp + cursor.number()
    if batch.timestamp_type == _LOG_APPEND_TIME:
        time = batch.max_timestamp
    offset = batch.base_offset + cursor.number()
    key, value = cursor.blob(), cursor.blob()
    headers = tuple(cursor.header() for _ in range(cursor.number()))
    return _Unpacked(offset, time, batch.timestamp_type, key, value, headers)
