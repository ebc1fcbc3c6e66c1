import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.render.engine.png import NoRecipeError, Recipe, encode, read_recipe
from tests.unit.render.engine.draws import APPLE

RECIPE = Recipe.of(APPLE, seed=7, engine="noop")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def _blank() -> Image.Image:
    return Image.new("RGB", (2, 2))


@given(TEXT, st.none() | TEXT)
def test_a_picture_carries_its_recipe(prompt: str, negative: str | None) -> None:
    recipe = replace(RECIPE, prompt=prompt, negative_prompt=negative)
    assert read_recipe(encode(_blank(), recipe)) == recipe


def test_the_longest_prompt_fits() -> None:
    recipe = replace(RECIPE, prompt="猫" * 32_000, negative_prompt="犬" * 32_000)
    assert read_recipe(encode(_blank(), recipe)) == recipe


def test_a_picture_of_somebody_else_has_none() -> None:
    buffer = io.BytesIO()
    _blank().save(buffer, format="PNG")
    with pytest.raises(NoRecipeError, match="carries no recipe"):
        read_recipe(buffer.getvalue())


def test_other_bytes_are_no_picture() -> None:
    with pytest.raises(NoRecipeError, match="no PNG"):
        read_recipe(b"GIF89a")


def test_a_recipe_of_another_form_is_refused() -> None:
    png = encode(_blank(), RECIPE).replace(b'"model"', b'"madel"')
    with pytest.raises(NoRecipeError):
        read_recipe(png)


def test_a_recipe_shows_no_prompt_in_a_log() -> None:
    assert "apple" not in repr(RECIPE)
    assert "apple" not in repr(APPLE)
