"""A loaded pipeline whose renders step together."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from services.contracts import Lane
from services.render.engine.batching.gatherer import Gatherer
from services.render.engine.batching.joint import JointDenoiser
from services.render.engine.batching.pace import StepPace
from services.render.engine.batching.proxy import DenoiserProxy
from services.render.engine.batching.seat import Seat
from services.render.engine.batching.tokenizing import guarded

__all__ = ["SharedRenders"]

_PLACES = ("unet", "transformer")


class SharedRenders:
    """Raises ValueError where the pipeline has no denoiser that is called once a step."""

    def __init__(self, pipeline: Any, rows_at_once: int) -> None:
        self._pipeline = pipeline
        self._place = _place_of(pipeline)
        self._joint = JointDenoiser(getattr(pipeline, self._place))
        self._tokenizers = guarded(pipeline)
        self._gatherer = Gatherer(self._joint.run, StepPace(rows_at_once))

    @contextmanager
    def begin(self, lane: Lane, account: str) -> Iterator[tuple[Any, Seat]]:
        """A pipeline for one call: the same weights, a scheduler and a call state of its own."""
        private = copy.copy(self._pipeline)
        private.scheduler = copy.deepcopy(self._pipeline.scheduler)
        with self._gatherer.seat(lane, account) as seat:
            # Past the pipeline's setter, which would write these into its configuration.
            vars(private).update(self._tokenizers)
            vars(private)[self._place] = DenoiserProxy(self._joint, seat)
            yield private, seat

    def close(self) -> None:
        self._gatherer.close()


def _place_of(pipeline: Any) -> str:
    for place in _PLACES:
        if isinstance(getattr(pipeline, place, None), torch.nn.Module):
            return place
    raise ValueError(f"{type(pipeline).__name__} has no denoiser")
