"""The catalogue's models on disk: looked over, loaded, warmed up and let go of."""

import gc
from functools import cache
from pathlib import Path

import torch

from services.render.engine.device import Place
from services.render.engine.loading import load
from services.render.engine.model import Model
from services.render.engine.options import EngineOptions
from services.render.engine.plan import Vetted, look_over
from services.render.engine.vetting import ModelRefusedError
from services.render.engine.warming import warm_up
from services.render.engine.weights import numbers_in

__all__ = ["DiskLibrary"]


class DiskLibrary:
    """Lends what was `vetted`; what is fetched a second time is looked over again."""

    def __init__(self, options: EngineOptions, vetted: tuple[Vetted, ...], place: Place) -> None:
        self._options = options
        self._place = place
        self._entries = {one.entry.id: one.entry for one in vetted}
        self._fresh = {one.entry.id: one for one in vetted}
        self._numbers = cache(numbers_in)

    def size(self, model: str) -> int:
        return self._numbers(self._root / self._entries[model].path) * self._place.dtype.itemsize

    def ensure_it_fits(self, model: str) -> None:
        """Raises ModelRefusedError where it is larger than all models may be together."""
        budget = self._options.models_bytes
        if budget is not None and (size := self.size(model)) > budget:
            raise ModelRefusedError(f"it takes {size} bytes of the {budget} there are for models")

    def fetch(self, model: str) -> Model:
        """Raises ModelRefusedError."""
        vetted = self._fresh.pop(model, None) or look_over(self._entries[model], self._root)
        loaded = load(vetted, self._options, self._place)
        warm_up(loaded)
        return loaded

    def release(self, model: Model) -> None:
        model.renders.close()

    def sweep(self) -> None:
        gc.collect()
        if self._place.device.type == "cuda":
            torch.cuda.empty_cache()

    @property
    def _root(self) -> Path:
        return self._options.catalogue.parent
