"""A first picture that nobody sees: it compiles and allocates, and proves that the model draws."""

from collections.abc import Callable

import structlog

from services.render.engine.drawing import draw_pixels
from services.render.engine.messages import Draw
from services.render.engine.model import Model
from services.render.engine.painter import Sketch
from services.render.engine.traces import frames_of
from services.render.engine.vetting import ModelRefusedError

__all__ = ["Unwatched", "warm_up"]

_STEPS = 2

_log = structlog.get_logger()


class Unwatched:
    """A Watch for what nobody asked for: it is neither stopped nor followed."""

    def on_stop(self, act: Callable[[], None]) -> None:
        """Never."""

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        """Nobody hears of it."""


def warm_up(model: Model) -> None:
    """Raises ModelRefusedError where it doesn't draw."""
    entry = model.entry
    draw = Draw(
        job="warm-up",
        attempt=1,
        model=entry.id,
        prompt="a red apple",
        width=entry.default_size.width,
        height=entry.default_size.height,
        steps=int(max(entry.steps.minimum, min(_STEPS, entry.steps.maximum))),
        guidance=entry.guidance.default,
        seeds=(0,),
    )
    try:
        draw_pixels(model, draw, Unwatched(), at_once=1)
    except Exception as error:
        _log.warning("engine.warm_up_failed", model=entry.id, frames=frames_of(error))
        raise ModelRefusedError(f"its first picture failed: {error}") from error
