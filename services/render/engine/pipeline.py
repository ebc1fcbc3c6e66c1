"""Draws with diffusers: any text-to-image pipeline, all renders of a model step by step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import diffusers
import numpy as np
import structlog
import torch
from PIL import Image

from services.contracts.catalogue import ModelEntry
from services.contracts.events.renders import FailureCode
from services.render.engine.catalogue import ensure_can_draw
from services.render.engine.device import choose
from services.render.engine.drawing import Pixels, draw_pixels
from services.render.engine.finishing import finished
from services.render.engine.library import DiskLibrary
from services.render.engine.loading import quieten
from services.render.engine.messages import Draw, Picture, Ready, Refusal
from services.render.engine.model import Model
from services.render.engine.options import EngineOptions
from services.render.engine.painter import RenderError, Tell, Watch
from services.render.engine.plan import Plan, nothing_to_draw
from services.render.engine.shelf import Shelf
from services.render.engine.vetting import ModelRefusedError
from services.render.engine.warming import Unwatched

__all__ = ["DiffusersPainter"]

_ENGINE = f"diffusers {diffusers.__version__}, torch {torch.__version__.split('+')[0]}"

_log = structlog.get_logger()


class DiffusersPainter:
    """Draws with what was planned; a model that can't be served is refused with its reason."""

    def __init__(self, options: EngineOptions, plan: Plan, tell: Tell) -> None:
        self._options = options
        self._plan = plan
        self._place = choose(options.device, options.thread_count)
        self._library = DiskLibrary(options, plan.vetted, self._place)
        self._shelf: Shelf[Model] = Shelf(self._library, options.models_bytes, tell)
        self._served: dict[str, ModelEntry] = {}
        self._alone = False

    def load(self) -> Ready:
        """Each model once: whoever is served has drawn. The default comes last, and so stays."""
        started = time.monotonic()
        quieten()
        entries = [vetted.entry for vetted in self._plan.vetted]
        found = [self._try(entry) for entry in reversed(entries)]
        refused = self._plan.refused + tuple(one for one in reversed(found) if one is not None)
        gone = {refusal.model for refusal in refused}
        self._served = {entry.id: entry for entry in entries if entry.id not in gone}
        if not self._served:
            raise nothing_to_draw(refused)
        return Ready(
            models=tuple(self._served),
            shelf=self._shelf.state,
            refused=refused,
            device=self._place.name,
            slots=1 if self._alone else self._options.renders_at_once,
            seconds=time.monotonic() - started,
        )

    def draw(self, draw: Draw, watch: Watch) -> tuple[Picture, ...]:
        with self._model(draw, watch) as model:
            at_once = max(1, self._options.pixels_at_once // (draw.width * draw.height))
            pictures = draw_pixels(model, draw, watch, at_once)
        return tuple(
            _finished(draw, seed, pixels) for seed, pixels in zip(draw.seeds, pictures, strict=True)
        )

    @contextmanager
    def _model(self, draw: Draw, watch: Watch) -> Iterator[Model]:
        entry = self._served.get(draw.model)
        if entry is None:
            raise RenderError(FailureCode.MODEL_NOT_SERVED, f"{draw.model} is not loaded here")
        ensure_can_draw(entry, draw)
        try:
            with self._shelf.borrowed(draw.model, watch) as model:
                yield model
        except ModelRefusedError as error:
            _log.error("engine.model_not_fetched", model=draw.model, reason=error.reason)
            message = f"{draw.model} can't be loaded here at present"
            raise RenderError(FailureCode.MODEL_NOT_SERVED, message) from error

    def _try(self, entry: ModelEntry) -> Refusal | None:
        try:
            self._library.ensure_it_fits(entry.id)
            with self._shelf.borrowed(entry.id, Unwatched()) as loaded:
                self._alone = self._alone or loaded.casts_its_decoder
        except ModelRefusedError as error:
            return Refusal(model=entry.id, reason=error.reason)
        return None


def _finished(draw: Draw, seed: int, pixels: Pixels) -> Picture:
    image = Image.fromarray((pixels * 255).round().astype(np.uint8))
    return finished(draw, seed, image, _ENGINE)
