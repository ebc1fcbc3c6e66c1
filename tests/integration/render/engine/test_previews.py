"""Early looks at a picture: what a step foresees, and what it looks like."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from services.render.engine.batching import SharedRenders
from services.render.engine.catalogue import read
from services.render.engine.device import Place
from services.render.engine.drawing import draw_pixels
from services.render.engine.messages import Drawn, Stepped
from services.render.engine.model import Model
from services.render.engine.painter import Sketch
from services.render.engine.previews import Sketcher, fitted
from services.render.engine.previews.expected import expected
from services.render.engine.process import EngineProcess
from tests.integration.render.engine.families import FAMILIES, made
from tests.integration.render.engine.listening import to_its_end
from tests.unit.render.engine.draws import CATALOGUE, apple

# diffusers' Euler scheduler hands torch tensors to numpy the old way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

#: Their classes carry no types.
_diffusers: Any = diffusers


def _random(seed: int) -> torch.Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


_CLEAN, _NOISE = _random(1), _random(2)


def _share(scheduler: Any, timestep: Any) -> tuple[float, float]:
    """Signal and noise of a step, by the training schedule alone."""
    signal = float(scheduler.alphas_cumprod[int(timestep)])
    return signal**0.5, (1 - signal) ** 0.5


def _right_answer(scheduler: Any, timestep: Any) -> torch.Tensor:
    signal, noise = _share(scheduler, timestep)
    answers = {
        "epsilon": _NOISE,
        "v_prediction": signal * _NOISE - noise * _CLEAN,
        "sample": _CLEAN,
    }
    return answers[scheduler.config.prediction_type]


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize(
    "name",
    ["DDIMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "DDPMScheduler"],
)
@pytest.mark.parametrize("step", [0, 4, 9])
def test_a_perfect_denoiser_foresees_the_finished_latents(name: str, kind: str, step: int) -> None:
    scheduler = getattr(_diffusers, name)(prediction_type=kind)
    scheduler.set_timesteps(10)
    timestep = scheduler.timesteps[step]
    sample = scheduler.add_noise(_CLEAN, _NOISE, timestep[None])
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(step)
    answer = _right_answer(scheduler, timestep)
    scheduler.step(answer, timestep, sample)
    foreseen = expected(scheduler, answer, timestep, sample)
    assert torch.allclose(foreseen, _CLEAN, atol=2e-3)


@pytest.mark.parametrize("step", [0, 4, 9])
def test_so_it_does_under_flow_matching(step: int) -> None:
    scheduler = _diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(10)
    timestep = scheduler.timesteps[step]
    sample = scheduler.scale_noise(_CLEAN, timestep[None], _NOISE)
    scheduler.set_begin_index(step)
    scheduler.step(_NOISE - _CLEAN, timestep, sample)
    foreseen = expected(scheduler, _NOISE - _CLEAN, timestep, sample)
    assert torch.allclose(foreseen, _CLEAN, atol=1e-4)


@dataclass
class Looks:
    """A watch that wants a preview at each step."""

    seen: list[bytes | None]

    def on_stop(self, act: Callable[[], None]) -> None:
        """Nobody stops these renders."""

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        assert sketch is not None
        self.seen.append(sketch())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_shows_small_pictures_of_each_step(family: str) -> None:
    pipeline = made(family)
    looks = _looks(pipeline, fitted(pipeline))
    assert len(looks) == 3
    for look in looks:
        assert look is not None
        with Image.open(io.BytesIO(look)) as image:
            assert (image.format, image.size) == ("WEBP", (48, 32))


def test_a_sketch_that_fails_costs_the_preview_and_not_the_render() -> None:
    wrong = Sketcher(torch.zeros(3, 99, 3, 3), torch.zeros(3))
    assert _looks(made("stable-diffusion"), wrong) == [None, None, None]


def _looks(pipeline: Any, sketcher: Sketcher) -> list[bytes | None]:
    """Those at the three steps of a render of 48x32 pixels."""
    shared = SharedRenders(pipeline, 8)
    place = Place(torch.device("cpu"), torch.float32, "cpu")
    model = Model(read(CATALOGUE).default, shared, place, sketcher=sketcher)
    looks = Looks([])
    draw = replace(apple(steps=3, seeds=(1, 2)), width=48, height=32, previews=3)
    draw_pixels(model, draw, looks, at_once=2)
    shared.close()
    return looks.seen


async def test_embers_last_preview_looks_like_its_picture(ember: EngineProcess) -> None:
    draw = replace(apple(steps=20), prompt="a red apple", previews=4)
    await ember.submit(draw)
    steps, end = await to_its_end(ember)
    assert isinstance(end, Drawn)
    looks = _previews(steps)
    assert [step for step, _ in looks] == [4, 8, 12, 16]
    final = _colours(end.pictures[0].content)
    likeness = [float(np.corrcoef(_colours(look), final)[0, 1]) for _, look in looks]
    assert likeness[-1] > 0.7
    assert likeness[-1] > likeness[0]


def _previews(steps: list[Stepped]) -> list[tuple[int, bytes]]:
    return [(event.step, event.preview) for event in steps if event.preview is not None]


def _colours(content: bytes) -> Any:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB").resize((16, 16), Image.Resampling.BOX)).ravel()
