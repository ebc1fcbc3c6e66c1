"""One render's early looks: its scheduler is listened to, nothing in it is changed."""

import functools
from dataclasses import dataclass
from typing import Any

import structlog
import torch

from services.render.engine.messages import Draw
from services.render.engine.previews.expected import expected
from services.render.engine.previews.sketcher import Sketcher
from services.render.engine.traces import frames_of
from services.render.engine.webp import small

__all__ = ["Previewer"]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Step:
    answer: torch.Tensor
    timestep: Any
    sample: torch.Tensor


class Previewer:
    """Listens to the steps of one call of a pipeline, which has its scheduler for itself."""

    def __init__(self, sketcher: Sketcher, pipeline: Any, draw: Draw) -> None:
        self._sketcher = sketcher
        self._pipeline = pipeline
        self._draw = draw
        self._last: _Step | None = None
        self._listen(pipeline.scheduler)

    def preview(self) -> bytes | None:
        """The first picture as its last step foresees it: a small WebP file.

        None before the first step, and where it fails: a render is worth more than a look at it.
        """
        if self._last is None:
            return None
        try:
            sketch = self._sketcher.sketch(self._unpacked(self._expected(self._last)))
        except Exception as error:  # noqa: BLE001 - whatever a scheduler or pipeline does its own way
            _log.warning("engine.no_preview", job=self._draw.job, frames=frames_of(error))
            return None
        return small(sketch, self._draw.width, self._draw.height)

    def _listen(self, scheduler: Any) -> None:
        step = scheduler.step

        # Pipelines look at the signature, to see what a scheduler takes.
        @functools.wraps(step)
        def heard(answer: Any, timestep: Any, sample: Any, *args: Any, **more: Any) -> Any:
            self._last = _Step(answer, timestep, sample)
            return step(answer, timestep, sample, *args, **more)

        scheduler.step = heard

    def _expected(self, step: _Step) -> torch.Tensor:
        first = slice(0, 1)
        scheduler = self._pipeline.scheduler
        return expected(scheduler, step.answer[first], step.timestep, step.sample[first])

    def _unpacked(self, latents: torch.Tensor) -> torch.Tensor:
        """FLUX lays squares of four latents in a row, `[count, squares, channels * 4]`."""
        if latents.ndim != 3:  # noqa: PLR2004
            return latents
        factor = self._pipeline.vae_scale_factor
        height, width = self._draw.height, self._draw.width
        unpacked: torch.Tensor = self._pipeline._unpack_latents(latents, height, width, factor)  # noqa: SLF001
        return unpacked
