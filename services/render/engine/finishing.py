"""A drawn picture becomes a file: in the size and the format that were asked for."""

import io

from PIL import Image, ImageOps

from services.contracts import PictureFormat
from services.render.engine.messages import Draw, Picture
from services.render.engine.png import Recipe, encode

__all__ = ["finished"]


def finished(draw: Draw, seed: int, image: Image.Image, engine: str) -> Picture:
    """Where the shapes differ, the picture is cut about its middle, never stretched."""
    if draw.output is not None:
        wanted = (draw.output.width, draw.output.height)
        image = ImageOps.fit(image, wanted, Image.Resampling.LANCZOS)
    content = _encoded(draw, image, Recipe.of(draw, seed, engine))
    return Picture(
        content=content, format=draw.format, seed=seed, width=image.width, height=image.height
    )


def _encoded(draw: Draw, image: Image.Image, recipe: Recipe) -> bytes:
    if draw.format is PictureFormat.PNG:
        return encode(image, recipe)
    buffer = io.BytesIO()
    image.save(buffer, format=draw.format.value, quality=draw.compression)
    return buffer.getvalue()
