"""Photos and bombs for the decoder."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

__all__ = ["heavy", "snapshot"]

_SIDE = 4900


def snapshot() -> bytes:
    """A JPEG of 1024 x 768 pixels with something in it."""
    noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((1024, 768)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def heavy() -> bytes:
    """A PNG of 24 million pixels, just within the bound, in some 70 KB: all work, no content."""
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (_SIDE * (3 * _SIDE + 1)), 9)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
