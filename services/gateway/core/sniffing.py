"""What a file is by its first bytes, whatever its name and its sender say."""

__all__ = ["ALLOWED", "kind_of"]

ALLOWED = frozenset({"PNG", "JPEG", "WebP"})

_KINDS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"WEBP", 8, "WebP"),
    (b"GIF87a", 0, "GIF"),
    (b"GIF89a", 0, "GIF"),
    (b"BM", 0, "BMP"),
    (b"II*\x00", 0, "TIFF"),
    (b"MM\x00*", 0, "TIFF"),
    (b"8BPS", 0, "PSD"),
    (b"%PDF", 0, "PDF"),
    (b"%!PS", 0, "EPS"),
    (b"\xc5\xd0\xd3\xc6", 0, "EPS"),
    (b"SIMPLE  =", 0, "FITS"),
    (b"\x00\x00\x01\x00", 0, "ICO"),
    (b"ftypheic", 4, "HEIC"),
    (b"ftypheix", 4, "HEIC"),
    (b"ftypmif1", 4, "HEIF"),
    (b"ftypavif", 4, "AVIF"),
    (b"\x00\x00\x00\x0cjP  ", 0, "JPEG 2000"),
)
_MARKUP = ((b"<svg", "SVG"), (b"<?xml", "SVG"), (b"<!doctype", "HTML"), (b"<html", "HTML"))
_LOOKS_AT = 256


def kind_of(content: bytes) -> str | None:
    """None for what nobody knows: text, junk, nothing at all."""
    for magic, at, kind in _KINDS:
        if content[at : at + len(magic)] == magic:
            return kind
    start = content[:_LOOKS_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((kind for magic, kind in _MARKUP if start.startswith(magic)), None)
