"""A loaded pipeline whose renders step together."""

import copy
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

from services.contracts import Lane
from services.contracts.catalogue import TaskKind
from services.render.engine.batching.gatherer import Gatherer
from services.render.engine.batching.joint import JointDenoiser
from services.render.engine.batching.pace import StepPace
from services.render.engine.batching.proxy import DenoiserProxy
from services.render.engine.batching.seat import Seat
from services.render.engine.batching.tokenizing import guarded

__all__ = ["SharedRenders"]

_PLACES = ("unet", "transformer")
#: Their classes carry no types.
_KINDS: dict[TaskKind, Any] = {
    TaskKind.IMAGE_TO_IMAGE: AutoPipelineForImage2Image,
    TaskKind.INPAINT: AutoPipelineForInpainting,
}


class SharedRenders:
    """Renders of all `kinds` step together: a step is the same, however its latents began.

    `pipeline` draws from text; those of other kinds are made of its parts. Raises ValueError where
    it has no denoiser that is called once a step, or diffusers knows no pipeline of a kind for it.
    """

    def __init__(
        self,
        pipeline: Any,
        rows_at_once: int,
        kinds: Sequence[TaskKind] = (TaskKind.TEXT_TO_IMAGE,),
    ) -> None:
        self._pipelines = {kind: _of_kind(pipeline, kind) for kind in kinds}
        self._arguments = {kind: _accepted(one) for kind, one in self._pipelines.items()}
        self._place = _place_of(pipeline)
        self._joint = JointDenoiser(getattr(pipeline, self._place))
        self._tokenizers = guarded(pipeline)
        self._gatherer = Gatherer(self._joint.run, StepPace(rows_at_once))

    @contextmanager
    def begin(
        self, lane: Lane, account: str, kind: TaskKind = TaskKind.TEXT_TO_IMAGE
    ) -> Iterator[tuple[Any, Seat]]:
        """A pipeline for one call: the same weights, a scheduler and a call state of its own."""
        private = copy.copy(self._pipelines[kind])
        private.scheduler = copy.deepcopy(private.scheduler)
        with self._gatherer.seat(lane, account) as seat:
            # Past the pipeline's setter, which would write these into its configuration.
            vars(private).update(self._tokenizers)
            vars(private)[self._place] = DenoiserProxy(self._joint, seat)
            yield private, seat

    def arguments(self, kind: TaskKind) -> frozenset[str]:
        """What a call of this kind takes."""
        return self._arguments[kind]

    def close(self) -> None:
        self._gatherer.close()


def _accepted(pipeline: Any) -> frozenset[str]:
    return frozenset(inspect.signature(type(pipeline).__call__).parameters)


def _of_kind(pipeline: Any, kind: TaskKind) -> Any:
    if kind is TaskKind.TEXT_TO_IMAGE:
        return pipeline
    made = _KINDS[kind].from_pipe(pipeline)
    made.set_progress_bar_config(disable=True)
    return made


def _place_of(pipeline: Any) -> str:
    for place in _PLACES:
        if isinstance(getattr(pipeline, place, None), torch.nn.Module):
            return place
    raise ValueError(f"{type(pipeline).__name__} has no denoiser")
