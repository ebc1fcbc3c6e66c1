"""The process that opens what a stranger sent: `python -m services.gateway.photos.child`.

Reads a file from standard input and writes one line of JSON, then the bytes that it names: the
photo, and its mask where the photo is transparent somewhere. Nothing of the file survives but its
pixels: no EXIF, no profile, no comment, nothing behind its end. OWASP's File Upload Cheat Sheet
calls it image rewriting; a decoder's fault then costs this process, and no more.
"""

import io
import json
import resource
import sys
import warnings
from collections.abc import Mapping

from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

__all__ = ["main"]

_FORMATS = ("PNG", "JPEG", "WEBP")
_PLUGINS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Loaded before the limits are: the others never are."""
_MOST_PIXELS = 25_000_000
_SHORTEST, _STEEPEST = 16, 16
_LONGEST_KEPT = 2048
_OPAQUE = 255
_FAST = 1
"""Kept for three days and read once: time is worth more than bytes."""
_MEMORY = 1 << 30
_CPU_SECONDS = 5


class _RefusedError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def main() -> None:
    _bind()
    try:
        photo, mask = _rewritten(sys.stdin.buffer.read())
    except _RefusedError as refused:
        _answer({"code": refused.code, "detail": refused.detail})
        return
    header = {"photo": len(photo[0]), "mask": len(mask), "width": photo[1], "height": photo[2]}
    _answer(header, photo[0], mask)


def _bind() -> None:
    """No more memory or time than a photo takes, and no file at all."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS


def _rewritten(content: bytes) -> tuple[tuple[bytes, int, int], bytes]:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check(image)
            image.load()
            upright = ImageOps.exif_transpose(image)
            return _drawn_anew(_in_srgb(upright))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _RefusedError("image_too_many_pixels", _TOO_MANY) from error
    except MemoryError as error:
        raise _RefusedError("image_too_many_pixels", "It takes too much memory.") from error
    except _RefusedError:
        raise
    except Exception as error:
        # Whatever a decoder trips over: to its sender it is one thing.
        raise _RefusedError("image_unreadable", "It is torn, or no picture at all.") from error


_TOO_MANY = f"At most {_MOST_PIXELS // 1_000_000} million pixels are read."


def _check(image: Image.Image) -> None:
    """By the header, before a pixel is decoded."""
    width, height = image.size
    if width * height > _MOST_PIXELS:
        raise _RefusedError("image_too_many_pixels", _TOO_MANY)
    if min(width, height) < _SHORTEST or max(width, height) > _STEEPEST * min(width, height):
        detail = f"A side has {_SHORTEST} pixels or more, and is no {_STEEPEST} times the other."
        raise _RefusedError("image_dimensions", detail)
    if getattr(image, "n_frames", 1) > 1:
        raise _RefusedError("image_animated", "Send a still picture.")


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target)
    except ImageCms.PyCMSError:
        return image
    return image if converted is None else converted


def _drawn_anew(image: Image.Image) -> tuple[tuple[bytes, int, int], bytes]:
    """The photo without its transparency, and a mask that is white where it was transparent."""
    rgba = image.convert("RGBA")
    rgba.thumbnail((_LONGEST_KEPT, _LONGEST_KEPT))
    alpha = rgba.getchannel("A")
    photo = _fresh(rgba.convert("RGB"))
    if alpha.getextrema()[0] == _OPAQUE:
        return (_png(photo), photo.width, photo.height), b""
    mask = _png(alpha.point(lambda value: _OPAQUE if value == 0 else 0))
    return (_png(photo), photo.width, photo.height), mask


def _fresh(image: Image.Image) -> Image.Image:
    """A copy of the pixels alone."""
    copy = Image.new(image.mode, image.size)
    copy.paste(image)
    return copy


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    _fresh(image).save(buffer, format="PNG", compress_level=_FAST)
    return buffer.getvalue()


def _answer(header: Mapping[str, object], *parts: bytes) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(header).encode() + b"\n")
    for part in parts:
        out.write(part)
    out.flush()


if __name__ == "__main__":
    main()
