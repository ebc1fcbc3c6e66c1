"""How large a record is, and how large it may be."""

from services.contracts import WireRecord

__all__ = ["LETTER_BYTES", "MAX_RECORD_BYTES", "size_of"]

MAX_RECORD_BYTES = 1_000_000
"""Key, value and headers together; a batch in our topics has at most 1 MiB."""

LETTER_BYTES = MAX_RECORD_BYTES + 20_000
"""A record of the largest size with all that a dead letter says beside it."""

_BESIDE_EACH_HEADER = 10


def size_of(wire: WireRecord) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in wire.headers)
    beside = len(wire.headers) * _BESIDE_EACH_HEADER
    return len(wire.key or b"") + len(wire.value or b"") + headers + beside
