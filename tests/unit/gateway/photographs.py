"""Photos as strangers send them: good ones, odd ones, and bombs."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

__all__ = ["animated", "bomb", "jpeg_with_secrets", "photo", "saved"]

RED, BLUE = (200, 30, 30), (30, 30, 200)


def saved(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def photo(size: tuple[int, int] = (96, 64), format: str = "PNG", *, hole: bool = False) -> bytes:
    """Red, with a blue left half; with `hole`, transparent in its right half."""
    image = Image.new("RGBA", size, (*RED, 255))
    image.paste((*BLUE, 255), (0, 0, size[0] // 2, size[1]))
    if hole:
        image.paste((0, 0, 0, 0), (size[0] // 2, 0, *size))
        return saved(image, format)
    return saved(image.convert("RGB"), format)


def jpeg_with_secrets() -> bytes:
    """Lies on its side (orientation 6), and says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "at home"
    image = Image.new("RGB", (96, 64), RED)
    return saved(image, "JPEG", exif=exif, comment=b"<script>alert(1)</script>", quality=95)


def animated() -> bytes:
    frames = [Image.new("RGB", (32, 32), (shade, 0, 0)) for shade in (0, 100, 200)]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels, in some dozen bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", zlib.compress(b"\0" * 64)),
        _chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
