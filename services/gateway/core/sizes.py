"""Sizes: what is asked for, and what the model draws for it."""

import math
import re

from services.contracts import ModelEntry, Size
from services.gateway.core.flaws import Flaw, SpecError

__all__ = ["AUTO", "sizes_of"]

AUTO = "auto"
_SMALLEST, _LARGEST = 16, 2048
"""Of a side that pictures are brought to, in pixels."""


def sizes_of(wanted: str | None, model: ModelEntry) -> tuple[Size, Size | None]:
    """What is drawn, and what the picture is brought to, where that is another size."""
    if wanted is None or wanted == AUTO:
        return model.default_size, None
    for size in model.sizes:
        if str(size) == wanted:
            return size, None
    output = _parsed(wanted) if model.resizes else None
    if output is None:
        raise SpecError(Flaw.INVALID_SIZE, "size", _detail(model), _allowed(model))
    return min(model.sizes, key=lambda size: _distance(size, output)), output


def _parsed(wanted: str) -> Size | None:
    found = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", wanted)
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    if not all(_SMALLEST <= side <= _LARGEST for side in (width, height)):
        return None
    return Size(width=width, height=height)


def _distance(drawn: Size, output: Size) -> tuple[float, float]:
    """The shape first, so that little is cut off; then the area."""
    shape = math.log(drawn.width / drawn.height) - math.log(output.width / output.height)
    area = math.log(drawn.width * drawn.height) - math.log(output.width * output.height)
    return round(abs(shape), 6), abs(area)


def _allowed(model: ModelEntry) -> list[str]:
    return [AUTO, *(str(size) for size in model.sizes)]


def _detail(model: ModelEntry) -> str:
    others = f", or any WIDTHxHEIGHT of {_SMALLEST} to {_LARGEST}" if model.resizes else ""
    return f"{model.id} does not draw this size. Allowed: {', '.join(_allowed(model))}{others}."
