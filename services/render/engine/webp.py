"""Small pictures for a first look."""

import io

from PIL import Image

__all__ = ["small"]

_LONGEST = 256
_QUALITY = 70


def small(image: Image.Image, width: int, height: int) -> bytes:
    """A WebP file in the shape of a picture of these pixels, no longer than 256 either way."""
    share = min(1.0, _LONGEST / max(width, height))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(buffer, format="WEBP", quality=_QUALITY)
    return buffer.getvalue()
