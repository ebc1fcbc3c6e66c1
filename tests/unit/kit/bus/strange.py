"""Record batches as no library of Python's writes them, and Kafka takes them all the same."""

import struct
from collections.abc import Callable, Iterable, Sequence

from aiokafka import AIOKafkaProducer, codec  # type: ignore[import-untyped]  # as shipped
from aiokafka.record.default_records import (  # type: ignore[import-untyped]  # as shipped
    DefaultRecordBatchBuilder,
)
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]  # as shipped

from services.contracts import WireRecord
from services.kit.bus import Connection

__all__ = ["CODECS", "NAME", "READ_AS", "put", "strange_batch"]

CODECS: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": codec.gzip_encode,
    "snappy": codec.snappy_encode,
    "lz4": codec.lz4_encode,
    "zstd": codec.zstd_encode,
}
"""By the numbers that batches give them."""

NAME = "x-stranger"
"""A header so named gets a name in its place that is no UTF-8."""

READ_AS = r"x-\xff\xferanger"

_STRANGE = b"x-\xff\xferanger"
_CRC_AT, _ATTRIBUTES_AT, _BEHIND_ATTRIBUTES, _RECORDS_AT = 17, 21, 23, 61


def strange_batch(records: Iterable[tuple[int, WireRecord]], compression: str = "none") -> bytes:
    """Records by their offsets from the batch's first, which is 0."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1_000_000)
    for offset, wire in records:
        builder.append(offset, 1_000 + offset, wire.key, wire.value, list(wire.headers))
    plain = bytes(builder.build())
    body = CODECS[compression](plain[_RECORDS_AT:].replace(NAME.encode(), _STRANGE))
    attributes = struct.pack(">h", list(CODECS).index(compression))
    covered = attributes + plain[_BEHIND_ATTRIBUTES:_RECORDS_AT] + body
    length = struct.pack(">i", _ATTRIBUTES_AT - 12 + len(covered))
    crc = struct.pack(">I", calc_crc32c(covered))
    head = plain[:8] + length + plain[12:_CRC_AT] + crc
    return head + covered


class _Batch:
    """What aiokafka's producer asks of a batch."""

    def __init__(self, data: bytes, count: int) -> None:
        self._data = data
        self._count = count

    def _build(self) -> bytes:
        return self._data

    def size(self) -> int:
        return len(self._data)

    def record_count(self) -> int:
        return self._count

    def close(self) -> None:
        pass

    def closed(self) -> bool:
        return True


async def put(
    connection: Connection, topic: str, wires: Sequence[WireRecord], compression: str = "none"
) -> None:
    """Writes one batch into partition 0."""
    client = AIOKafkaProducer(**connection.options(), acks="all")
    await client.start()
    data = strange_batch(enumerate(wires), compression)
    await (await client.send_batch(_Batch(data, len(wires)), topic, partition=0))
    await client.stop()
