"""The photo that a render begins with, and the mask that says where it is painted anew."""

from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Draw
from services.render.engine.painter import RenderError

__all__ = ["begun_with"]


def begun_with(draw: Draw, count: int) -> dict[str, Any]:
    """What a pipeline call takes for it, for so many pictures; nothing for a render from text.

    Photo and mask are cut about their middle to the picture's shape. Raises a permanent
    `RenderError` for bytes that are no picture.
    """
    arguments: dict[str, Any] = {}
    if draw.photo is not None:
        photo = _fitted(draw.photo, draw, "RGB")
        # One for each seed: some pipelines don't repeat a single one for seeds of their own.
        arguments |= {"image": [photo] * count, "strength": draw.strength}
    if draw.mask is not None:
        arguments["mask_image"] = _fitted(draw.mask, draw, "L")
    return arguments


def _fitted(content: bytes, draw: Draw, mode: str) -> Image.Image:
    try:
        with Image.open(BytesIO(content)) as image:
            return ImageOps.fit(image.convert(mode), (draw.width, draw.height))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RenderError(
            FailureCode.INVALID_SPEC, "the photo or its mask can't be read", permanent=True
        ) from error
