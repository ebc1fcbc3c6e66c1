"""A painter without a model: flat colours at a set pace, for drills that need no torch."""

import hashlib
import time
from collections.abc import Callable

from PIL import Image

from services.contracts.catalogue import ModelEntry
from services.contracts.events.renders import FailureCode
from services.render.engine.catalogue import chosen, ensure_can_draw, read
from services.render.engine.finishing import finished
from services.render.engine.messages import Draw, Picture, Ready, Shelved
from services.render.engine.options import EngineOptions
from services.render.engine.painter import RenderError, Watch
from services.render.engine.webp import small

__all__ = ["NoopPainter", "flat_picture"]


class NoopPainter:
    """Keeps to the catalogue's rules, so a drill meets the same refusals as a real engine."""

    def __init__(
        self, options: EngineOptions, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._options = options
        self._sleep = sleep
        self._entries: dict[str, ModelEntry] = {}

    def load(self) -> Ready:
        entries = chosen(read(self._options.catalogue), self._options.models)
        self._entries = {entry.id: entry for entry in entries}
        models = tuple(self._entries)
        shelf = Shelved(models=models)
        return Ready(models=models, shelf=shelf, device="none", slots=1, seconds=0.0)

    def draw(self, draw: Draw, watch: Watch) -> tuple[Picture, ...]:
        entry = self._entries.get(draw.model)
        if entry is None:
            raise RenderError(FailureCode.MODEL_NOT_SERVED, f"{draw.model} is not loaded here")
        ensure_can_draw(entry, draw)
        colour = Image.new("RGB", (1, 1), _colour(draw, draw.seeds[0]))
        for step in range(draw.steps):
            self._sleep(self._options.noop_step_seconds)
            watch.done((step + 1) / draw.steps, lambda: small(colour, draw.width, draw.height))
        return tuple(flat_picture(draw, seed) for seed in draw.seeds)


def flat_picture(draw: Draw, seed: int) -> Picture:
    """One colour, told by prompt and seed alone."""
    image = Image.new("RGB", (draw.width, draw.height), _colour(draw, seed))
    return finished(draw, seed, image, engine="noop")


def _colour(draw: Draw, seed: int) -> tuple[int, int, int]:
    digest = hashlib.sha256(f"{seed} {draw.prompt}".encode()).digest()
    return digest[0], digest[1], digest[2]
