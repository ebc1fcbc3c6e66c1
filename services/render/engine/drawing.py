"""One render on a loaded model: an unmodified pipeline call, followed step by step."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from services.contracts.events.renders import FailureCode
from services.render.engine.batching import Seat
from services.render.engine.faults import is_device_lost, is_out_of_memory
from services.render.engine.messages import Draw
from services.render.engine.model import Model
from services.render.engine.painter import DeviceLostError, RenderError, Watch
from services.render.engine.photos import begun_with
from services.render.engine.previews import Previewer

__all__ = ["Pixels", "draw_pixels"]

#: Height, width, RGB; values from 0 to 1.
Pixels = NDArray[np.float32]


def draw_pixels(model: Model, draw: Draw, watch: Watch, at_once: int) -> list[Pixels]:
    """The pictures of all seeds, at most `at_once` in one pass, fewer where memory runs out."""
    done: list[Pixels] = []
    while len(done) < len(draw.seeds):
        seeds = draw.seeds[len(done) : len(done) + at_once]
        pictures = _pass_within_memory(model, draw, seeds, _Part(watch, len(done), seeds, draw))
        if pictures is None:
            at_once = len(seeds) // 2
            _let_go(model)
        else:
            done += pictures
    return done


def _pass_within_memory(
    model: Model, draw: Draw, seeds: tuple[int, ...], part: "_Part"
) -> list[Pixels] | None:
    """None where the pictures of these seeds don't fit into memory together."""
    try:
        return _pass(model, draw, seeds, part)
    except Exception as error:
        if is_device_lost(error):
            raise DeviceLostError("the accelerator failed during the render") from error
        if not is_out_of_memory(error):
            raise
        if len(seeds) == 1:
            raise RenderError(
                FailureCode.OUT_OF_MEMORY, "there is not enough memory for this picture"
            ) from error
    return None


def _pass(model: Model, draw: Draw, seeds: tuple[int, ...], part: "_Part") -> list[Pixels]:
    with model.renders.begin(draw.lane, draw.account, draw.kind) as (pipeline, seat):
        part.sits(seat)
        if draw.previews and model.sketcher is not None:
            part.shows(Previewer(model.sketcher, pipeline, draw))
        return _checked(pipeline(**_arguments(model, draw, seeds, part)))


def _arguments(model: Model, draw: Draw, seeds: tuple[int, ...], part: "_Part") -> dict[str, Any]:
    accepted = model.renders.arguments(draw.kind)
    shape = {"height": draw.height, "width": draw.width}
    arguments: dict[str, Any] = {
        # Some pipelines go by the size of the photo instead.
        **{name: value for name, value in shape.items() if name in accepted},
        **begun_with(draw, len(seeds)),
        "prompt": draw.prompt,
        "num_inference_steps": draw.steps,
        "guidance_scale": draw.guidance,
        "num_images_per_prompt": len(seeds),
        # One generator a picture, on the CPU: each depends on its own seed and nothing else.
        "generator": [torch.Generator().manual_seed(seed) for seed in seeds],
        "output_type": "np",
        "callback_on_step_end": part.step_end,
    }
    if draw.negative_prompt:
        if "negative_prompt" not in accepted:
            raise RenderError(
                FailureCode.INVALID_SPEC,
                f"{model.entry.id} takes no negative prompt",
                permanent=True,
            )
        arguments["negative_prompt"] = draw.negative_prompt
    return arguments


def _checked(result: Any) -> list[Pixels]:
    pictures = list(result.images)
    if not all(np.isfinite(picture).all() for picture in pictures):
        raise RenderError(
            FailureCode.NOT_A_PICTURE, "the model's numbers overflowed: there is no picture in them"
        )
    if any(getattr(result, "nsfw_content_detected", None) or ()):
        raise RenderError(
            FailureCode.NOT_A_PICTURE, "the model's safety checker withheld it", permanent=True
        )
    return pictures


def _let_go(model: Model) -> None:
    if model.place.device.type == "cuda":
        torch.cuda.empty_cache()


class _Part:
    """Some seeds' share of a render, as the pipeline's callback counts it."""

    def __init__(self, watch: Watch, before: int, seeds: tuple[int, ...], draw: Draw) -> None:
        self._watch = watch
        self._before = before
        self._size = len(seeds)
        self._draw = draw
        self._seat: Seat | None = None
        self._previewer: Previewer | None = None

    def sits(self, seat: Seat) -> None:
        """Where this part steps: it must hear of a wish to stop, and when no step is left."""
        self._seat = seat
        self._watch.on_stop(seat.stop)

    def shows(self, previewer: Previewer) -> None:
        self._previewer = previewer

    def step_end(
        self, pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        """Some schedulers call the model more often than there are steps: go by their own count."""
        total = getattr(pipeline, "num_timesteps", None) or self._draw.steps
        share = min(1.0, (index + 1) / total)
        if share == 1.0 and self._seat is not None:
            self._seat.leave()
        sketch = self._previewer.preview if self._previewer is not None else None
        self._watch.done((self._before + share * self._size) / len(self._draw.seeds), sketch)
        return tensors
