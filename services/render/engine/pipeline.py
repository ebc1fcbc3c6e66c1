"""Draws with diffusers: any text-to-image pipeline, all renders of a model step by step."""

import time
from collections.abc import Callable

import diffusers
import numpy as np
import structlog
import torch
from PIL import Image

from services.contracts.events.renders import FailureCode
from services.render.engine.catalogue import ensure_can_draw
from services.render.engine.device import Place, choose
from services.render.engine.drawing import Pixels, draw_pixels
from services.render.engine.loading import load, quieten
from services.render.engine.messages import Draw, Picture, Ready, Refusal
from services.render.engine.model import Model
from services.render.engine.options import EngineOptions
from services.render.engine.painter import RenderError, Sketch, Watch
from services.render.engine.plan import Plan, Vetted, nothing_to_draw
from services.render.engine.png import Recipe, encode
from services.render.engine.traces import frames_of
from services.render.engine.vetting import ModelRefusedError

__all__ = ["DiffusersPainter"]

_ENGINE = f"diffusers {diffusers.__version__}, torch {torch.__version__.split('+')[0]}"
_WARM_UP_STEPS = 2

_log = structlog.get_logger()


class DiffusersPainter:
    """Loads what was planned; a model that can't be served is refused with its reason."""

    def __init__(self, options: EngineOptions, plan: Plan) -> None:
        self._options = options
        self._plan = plan
        self._models: dict[str, Model] = {}

    def load(self) -> Ready:
        started = time.monotonic()
        quieten()
        place = choose(self._options.device, self._options.thread_count)
        refusals = [self._take(vetted, place) for vetted in self._plan.vetted]
        refused = self._plan.refused + tuple(one for one in refusals if one is not None)
        if not self._models:
            raise nothing_to_draw(refused)
        return Ready(
            models=tuple(self._models),
            refused=refused,
            device=place.name,
            slots=self._slots(),
            seconds=time.monotonic() - started,
        )

    def draw(self, draw: Draw, watch: Watch) -> tuple[Picture, ...]:
        model = self._models.get(draw.model)
        if model is None:
            raise RenderError(FailureCode.MODEL_NOT_SERVED, f"{draw.model} is not loaded here")
        ensure_can_draw(model.entry, draw)
        at_once = max(1, self._options.pixels_at_once // (draw.width * draw.height))
        pictures = draw_pixels(model, draw, watch, at_once)
        return tuple(
            _finished(draw, seed, pixels) for seed, pixels in zip(draw.seeds, pictures, strict=True)
        )

    def _slots(self) -> int:
        alone = any(model.casts_its_decoder for model in self._models.values())
        return 1 if alone else self._options.renders_at_once

    def _take(self, vetted: Vetted, place: Place) -> Refusal | None:
        try:
            model = load(vetted, self._options, place)
            _warm_up(model)
        except ModelRefusedError as error:
            return Refusal(model=vetted.entry.id, reason=error.reason)
        self._models[vetted.entry.id] = model
        return None


def _warm_up(model: Model) -> None:
    """Draws a first picture nobody sees: it compiles and allocates, and proves the model draws."""
    entry = model.entry
    draw = Draw(
        job="warm-up",
        attempt=1,
        model=entry.id,
        prompt="a red apple",
        width=entry.default_size.width,
        height=entry.default_size.height,
        steps=int(max(entry.steps.minimum, min(_WARM_UP_STEPS, entry.steps.maximum))),
        guidance=entry.guidance.default,
        seeds=(0,),
    )
    try:
        draw_pixels(model, draw, _Unwatched(), at_once=1)
    except Exception as error:
        _log.warning("engine.warm_up_failed", model=entry.id, frames=frames_of(error))
        raise ModelRefusedError(f"its first picture failed: {error}") from error


def _finished(draw: Draw, seed: int, pixels: Pixels) -> Picture:
    image = Image.fromarray((pixels * 255).round().astype(np.uint8))
    png = encode(image, Recipe.of(draw, seed, _ENGINE))
    return Picture(png=png, seed=seed, width=image.width, height=image.height)


class _Unwatched:
    def on_stop(self, act: Callable[[], None]) -> None:
        """Nobody stops a warm-up."""

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        """Nobody follows it."""
