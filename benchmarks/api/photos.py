"""Photos and bombs for the decoder."""

import io

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
    buffer = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE)).save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()
