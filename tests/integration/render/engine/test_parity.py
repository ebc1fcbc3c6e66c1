"""A picture drawn in company equals the same picture drawn alone, whatever the family."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from services.contracts import Lane
from services.render.engine.batching import SharedRenders
from tests.integration.render.engine.families import FAMILIES, made

# diffusers' Euler scheduler hands torch tensors to numpy the old way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

#: Of the latents' own scale; joining rows changes the order of sums and nothing else.
TOLERANCE = 3e-5


@dataclass(frozen=True)
class Wish:
    """A render as a pipeline is asked for it."""

    prompt: str
    steps: int
    guidance: float
    seeds: tuple[int, ...]
    size: int = 32

    def arguments(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt,
            "height": self.size,
            "width": self.size,
            "num_inference_steps": self.steps,
            "guidance_scale": self.guidance,
            "num_images_per_prompt": len(self.seeds),
            "generator": [torch.Generator().manual_seed(seed) for seed in self.seeds],
            "output_type": "latent",
        }


MIXED = (
    Wish("a red fox", 5, 4.0, (1,)),
    Wish("a house, flat", 9, 2.0, (2, 3)),
    Wish("a key", 3, 7.5, (4,)),
    Wish("a rocket in the sky", 12, 3.0, (5,)),
    Wish("an apple", 7, 1.0, (6,)),
    Wish("an apple, 3d", 4, 1.0, (7, 8)),
    Wish("a wide sun", 6, 4.0, (9,), size=48),
    Wish("a heart", 8, 5.0, (10,)),
)


class Counted:
    """Counts the forwards of a denoiser, and the most rows of one."""

    def __init__(self, denoiser: torch.nn.Module) -> None:
        self.forwards = 0
        self.largest = 0
        self._hook = denoiser.register_forward_hook(self._count)

    def _count(self, _module: object, _given: object, output: Any) -> None:
        self.forwards += 1
        self.largest = max(self.largest, output[0].shape[0])


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def pipeline(family: str) -> Any:
    return made(family)


@pytest.fixture
def shared(pipeline: Any) -> Iterator[SharedRenders]:
    renders = SharedRenders(pipeline, rows_at_once=16)
    yield renders
    renders.close()


def alone(pipeline: Any, wish: Wish) -> torch.Tensor:
    latents: torch.Tensor = pipeline(**wish.arguments()).images
    return latents


def in_company(shared: SharedRenders, wish: Wish) -> torch.Tensor:
    with shared.begin(Lane.FREE, wish.prompt) as (private, _seat):
        return alone(private, wish)


def test_pictures_of_mixed_renders_equal_those_drawn_alone(
    pipeline: Any, shared: SharedRenders
) -> None:
    expected = [alone(pipeline, wish) for wish in MIXED]
    denoiser = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    counted = Counted(denoiser)
    with ThreadPoolExecutor(len(MIXED)) as pool:
        drawn = list(pool.map(lambda wish: in_company(shared, wish), MIXED))
    for mine, theirs in zip(drawn, expected, strict=True):
        scale = theirs.abs().mean()
        assert (mine - theirs).abs().max() <= TOLERANCE * scale
    assert counted.forwards < sum(wish.steps for wish in MIXED), "some steps were shared"
    assert counted.largest > max(2 * len(wish.seeds) for wish in MIXED)


def test_a_render_leaves_the_pipeline_as_it_was(pipeline: Any, shared: SharedRenders) -> None:
    before = dict(pipeline.config)
    in_company(shared, MIXED[0])
    assert dict(pipeline.config) == before
    assert sum(parameter.requires_grad for parameter in shared_parameters(pipeline)) == 0


def shared_parameters(pipeline: Any) -> list[torch.nn.Parameter]:
    denoiser = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    return list(denoiser.parameters())
