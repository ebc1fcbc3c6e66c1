"""Pictures as PNG files that carry their own recipe, so each can be drawn again."""

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError
from pydantic import TypeAdapter, ValidationError

from services.render.engine.messages import Draw
from services.render.engine.protocol import EngineError

__all__ = ["KEYWORD", "NoRecipeError", "Recipe", "encode", "read_recipe"]

#: Keyword of the text chunk (iTXt, UTF-8) that holds the recipe as JSON.
KEYWORD = "heatsink"


class NoRecipeError(EngineError):
    """Not a PNG, or one without a recipe that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a picture was drawn from. `version` is of this form; fields may be added within it."""

    model: str
    prompt: str = field(repr=False)
    negative_prompt: str | None = field(default=None, repr=False)
    seed: int
    steps: int
    guidance: float
    width: int
    height: int
    job: str
    engine: str
    version: int = 1

    @classmethod
    def of(cls, draw: Draw, seed: int, engine: str) -> "Recipe":
        return cls(
            model=draw.model,
            prompt=draw.prompt,
            negative_prompt=draw.negative_prompt,
            seed=seed,
            steps=draw.steps,
            guidance=draw.guidance,
            width=draw.width,
            height=draw.height,
            job=draw.job,
            engine=engine,
        )


_RECIPES = TypeAdapter(Recipe)


def encode(image: Image.Image, recipe: Recipe) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt(KEYWORD, _RECIPES.dump_json(recipe).decode())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=info)
    return buffer.getvalue()


def read_recipe(png: bytes) -> Recipe:
    """The recipe inside these bytes. Raises `NoRecipeError`."""
    text = _texts(png).get(KEYWORD)
    if text is None:
        raise NoRecipeError("this picture carries no recipe")
    try:
        return _RECIPES.validate_json(text)
    except ValidationError as error:
        raise NoRecipeError(f"its recipe can't be read: {error.error_count()} errors") from None


def _texts(png: bytes) -> dict[str, Any]:
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            return {str(key): value for key, value in image.info.items()}
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise NoRecipeError("this is no PNG file") from error
