"""The size and the format that were asked for."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from services.contracts import PictureFormat, Size
from services.render.engine.finishing import finished
from services.render.engine.png import NoRecipeError, read_recipe
from tests.unit.render.engine.draws import APPLE

DRAW = replace(APPLE, width=160)
DRAWN = Image.effect_noise((160, 128), 64).convert("RGB")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("format", PictureFormat)
def test_a_picture_is_written_in_its_format(format: PictureFormat) -> None:
    made = finished(replace(DRAW, format=format), 7, DRAWN, "test")
    assert made.format is format
    assert Image.MIME[opened(made.content).format or ""] == format.media_type


def test_less_quality_is_a_smaller_file() -> None:
    sizes = [
        len(finished(replace(DRAW, format=PictureFormat.JPEG, compression=c), 7, DRAWN, "").content)
        for c in (10, 50, 95)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 2


def test_a_picture_is_brought_to_size_and_never_stretched() -> None:
    drawn = Image.new("RGB", (160, 128), (200, 0, 0))
    drawn.paste((0, 0, 200), (16, 0, 144, 128))
    made = finished(replace(DRAW, output=Size(width=512, height=512)), 7, drawn, "test")
    picture = opened(made.content)
    assert (picture.size, (made.width, made.height)) == ((512, 512), (512, 512))
    red, _, blue = picture.getpixel((6, 256))  # type: ignore[misc]  # three channels
    assert (blue > 190, red < 10) == (True, True), "the red edges were cut off"


def test_the_recipe_is_of_what_was_drawn() -> None:
    made = finished(replace(DRAW, output=Size(width=512, height=512)), 7, DRAWN, "test")
    recipe = read_recipe(made.content)
    assert (recipe.width, recipe.height, recipe.seed) == (160, 128, 7)
    other = finished(replace(DRAW, format=PictureFormat.WEBP), 7, DRAWN, "test")
    with pytest.raises(NoRecipeError):
        read_recipe(other.content)
