"""What strangers send as photos: read in a process of its own, or refused with its reason."""

import io
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.gateway.core.sniffing import kind_of
from services.gateway.photos.decoder import Decoder, DecoderSettings, Photo, PhotoError
from tests.unit.gateway.photographs import animated, bomb, jpeg_with_secrets, photo

MARKERS = (b"at home", b"<script>", b"Exif", b"GPS")


async def read(content: bytes) -> Photo:
    return await Decoder().read(content)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
async def test_a_photo_becomes_a_png_of_its_pixels(format: str) -> None:
    read_ = await read(photo(format=format))
    assert (read_.width, read_.height, read_.mask) == (96, 64, None)
    image = opened(read_.content)
    assert image.format == "PNG"
    left, right = image.getpixel((10, 30)), image.getpixel((80, 30))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 150 > left[0]
    assert right[0] > 150 > right[2]


async def test_nothing_survives_but_the_pixels_and_they_stand_upright() -> None:
    sent = jpeg_with_secrets()
    assert any(marker in sent for marker in MARKERS)
    read_ = await read(sent)
    assert (read_.width, read_.height) == (64, 96)
    assert not any(marker in read_.content for marker in MARKERS)
    assert opened(read_.content).info == {}


async def test_what_lies_behind_the_end_of_a_file_is_gone() -> None:
    read_ = await read(photo() + b"PK\x03\x04 a polyglot")
    assert b"polyglot" not in read_.content


async def test_where_a_photo_is_transparent_its_mask_is_white() -> None:
    read_ = await read(photo(hole=True))
    assert read_.mask is not None
    mask = opened(read_.mask)
    assert (mask.mode, mask.getpixel((10, 30)), mask.getpixel((80, 30))) == ("L", 0, 255)


async def test_a_large_photo_is_made_smaller() -> None:
    read_ = await read(photo((4000, 1000), "JPEG"))
    assert (read_.width, read_.height) == (2048, 512)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "image_unreadable"),
        (b"just a text, called photo.png", "image_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"junk" * 50, "image_unreadable"),
        (photo(format="JPEG")[:300], "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_type_not_allowed"),
        (b"<!DOCTYPE html><html>", "image_type_not_allowed"),
        (b"%PDF-1.7", "image_type_not_allowed"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "image_type_not_allowed"),
        (b"8BPS" + b"\0" * 40, "image_type_not_allowed"),
        (b"SIMPLE  =                    T", "image_type_not_allowed"),
        (photo(format="TIFF"), "image_type_not_allowed"),
        (photo(format="GIF"), "image_type_not_allowed"),
        (photo(format="BMP"), "image_type_not_allowed"),
        (photo(format="ICO"), "image_type_not_allowed"),
        (b"\0\0\0\x18ftypheic", "image_type_not_allowed"),
        (bomb(50_000, 50_000), "image_too_many_pixels"),
        (bomb(30_000, 1), "image_dimensions"),
        (bomb(1, 1), "image_dimensions"),
        (bomb(8, 8), "image_dimensions"),
        (bomb(4_000, 4_000), "image_unreadable"),
        (animated(), "image_animated"),
    ],
)
async def test_what_is_no_photo_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(PhotoError) as refused:
        await read(content)
    assert refused.value.code == code


async def test_a_decoder_that_spins_is_ended_and_the_next_photo_is_read() -> None:
    spinning = (sys.executable, "-c", "while True: pass")
    decoder = Decoder(DecoderSettings(seconds=0.5, command=spinning))
    began = time.monotonic()
    with pytest.raises(PhotoError) as refused:
        await decoder.read(photo())
    assert refused.value.code == "image_decode_timeout"
    assert time.monotonic() - began < 5
    assert (await read(photo())).width == 96


async def test_a_decoder_that_dies_is_a_photo_that_cannot_be_read() -> None:
    dying = (sys.executable, "-c", "import os; os.abort()")
    with pytest.raises(PhotoError) as refused:
        await Decoder(DecoderSettings(command=dying)).read(photo())
    assert refused.value.code == "image_unreadable"


@settings(max_examples=200)
@given(st.binary(max_size=64))
def test_any_bytes_have_a_kind_or_none(content: bytes) -> None:
    kind = kind_of(content)
    assert kind is None or kind
