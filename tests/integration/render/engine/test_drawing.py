"""One render on a stand-in pipeline: what happens where memory or numbers run out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from services.contracts.events.renders import FailureCode
from services.render.engine.batching import SharedRenders
from services.render.engine.catalogue import read
from services.render.engine.device import Place
from services.render.engine.drawing import Pixels, draw_pixels
from services.render.engine.messages import Draw
from services.render.engine.model import Model
from services.render.engine.painter import DeviceLostError, RenderError, Sketch
from tests.unit.render.engine.draws import CATALOGUE, apple


@dataclass
class StandIn:
    """A pipeline whose pictures are filled with their first random number."""

    fits: int = 10
    value: float | None = None
    flagged: bool = False
    error: Exception | None = None
    calls_per_step: int = 1
    scheduler: object = None
    passes: list[int] = field(default_factory=list)
    num_timesteps: int = 0
    unet: torch.nn.Module = field(default_factory=torch.nn.Identity)
    components: dict[str, object] = field(default_factory=dict)

    def __call__(self, *, height: int, width: int, **given: Any) -> Any:
        count = given["num_images_per_prompt"]
        self.passes.append(count)
        self.num_timesteps = given["num_inference_steps"] * self.calls_per_step
        for index in range(self.num_timesteps):
            given["callback_on_step_end"](self, index, None, {})
            if count > self.fits:
                raise torch.OutOfMemoryError("CUDA out of memory")
        if self.error:
            raise self.error
        values = [torch.rand(1, generator=one).item() for one in given["generator"]]
        shape = (height, width, 3)
        images = [np.full(shape, self.value or value, np.float32) for value in values]
        return SimpleNamespace(
            images=np.stack(images), nsfw_content_detected=[self.flagged] * count
        )


class Notes:
    def __init__(self) -> None:
        self.shares: list[float] = []

    def on_stop(self, act: Callable[[], None]) -> None:
        """Nobody stops these renders."""

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        self.shares.append(share)


def _draw(pipeline: StandIn, draw: Draw, at_once: int = 10) -> tuple[list[Pixels], list[float]]:
    place = Place(torch.device("cpu"), torch.float32, "cpu")
    model = Model(read(CATALOGUE).default, SharedRenders(pipeline, 8), place)
    notes = Notes()
    return draw_pixels(model, draw, notes, at_once), notes.shares


def test_pictures_that_fit_share_one_pass() -> None:
    pipeline = StandIn()
    pictures, shares = _draw(pipeline, apple(steps=2, seeds=(1, 2, 3)))
    assert len(pictures) == 3
    assert pipeline.passes == [3]
    assert shares == [0.5, 1.0]


def test_pictures_that_do_not_are_drawn_in_parts_and_come_out_the_same() -> None:
    draw = apple(steps=2, seeds=(1, 2, 3, 4, 5))
    small, whole = StandIn(), StandIn()
    parts, shares = _draw(small, draw, at_once=2)
    together, _ = _draw(whole, draw)
    assert small.passes == [2, 2, 1]
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.9, 1.0])
    assert np.array_equal(np.stack(parts), np.stack(together))


def test_out_of_memory_halves_the_pass_and_goes_on() -> None:
    pipeline = StandIn(fits=2)
    pictures, shares = _draw(pipeline, apple(steps=1, seeds=tuple(range(5))))
    assert pipeline.passes == [5, 2, 2, 1]
    assert len(pictures) == 5
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_a_single_picture_that_does_not_fit_fails_for_now(error: Exception) -> None:
    with pytest.raises(RenderError) as failure:
        _draw(StandIn(error=error), apple())
    assert failure.value.code is FailureCode.OUT_OF_MEMORY
    assert not failure.value.permanent


def test_a_lost_device_is_told_apart() -> None:
    with pytest.raises(DeviceLostError):
        _draw(StandIn(error=torch.AcceleratorError("CUDA error: illegal address")), apple())


def test_another_error_passes_through() -> None:
    with pytest.raises(KeyError):
        _draw(StandIn(error=KeyError("x")), apple())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_overflowed_are_no_picture(value: float) -> None:
    with pytest.raises(RenderError) as failure:
        _draw(StandIn(value=value), apple())
    assert failure.value.code is FailureCode.NOT_A_PICTURE


def test_a_picture_that_the_models_own_checker_withholds_fails_for_good() -> None:
    with pytest.raises(RenderError) as failure:
        _draw(StandIn(flagged=True), apple())
    assert failure.value.code is FailureCode.NOT_A_PICTURE
    assert failure.value.permanent


def test_a_scheduler_that_calls_twice_a_step_counts_once() -> None:
    _, shares = _draw(StandIn(calls_per_step=2), apple(steps=2))
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_a_negative_prompt_that_the_pipeline_does_not_know_fails_for_good() -> None:
    with pytest.raises(RenderError, match="takes no negative prompt") as failure:
        _draw(StandIn(), replace(apple(), negative_prompt="blurry"))
    assert failure.value.permanent
