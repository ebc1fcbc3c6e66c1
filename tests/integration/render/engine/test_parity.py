"""A picture drawn in company equals the same picture drawn alone, whatever the family."""

import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting
from PIL import Image

from services.contracts import Lane
from services.contracts.catalogue import TaskKind
from services.render.engine.batching import SharedRenders
from tests.integration.render.engine.families import FAMILIES, denoiser_of, made

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
    kind: TaskKind = TaskKind.TEXT_TO_IMAGE
    strength: float = 1.0

    def arguments(self, accepted: frozenset[str]) -> dict[str, Any]:
        """Those of them that a pipeline takes: some go by the size of the photo."""
        shape = {"height": self.size, "width": self.size}
        photos = [photo(self.size, self.seeds[0])] * len(self.seeds)
        given = {"image": photos, "strength": self.strength}
        return {
            **{name: value for name, value in shape.items() if name in accepted},
            **({} if self.kind is TaskKind.TEXT_TO_IMAGE else given),
            **({"mask_image": left_half(self.size)} if self.kind is TaskKind.INPAINT else {}),
            "prompt": self.prompt,
            "num_inference_steps": self.steps,
            "guidance_scale": self.guidance,
            "num_images_per_prompt": len(self.seeds),
            "generator": [torch.Generator().manual_seed(seed) for seed in self.seeds],
            "output_type": "latent",
        }


def photo(size: int, seed: int) -> Image.Image:
    noise = torch.rand(size, size, 3, generator=torch.Generator().manual_seed(seed))
    return Image.fromarray((noise * 255).byte().numpy())


def left_half(size: int) -> Image.Image:
    """White is painted anew."""
    mask = Image.new("L", (size, size), 0)
    mask.paste(255, (0, 0, size // 2, size))
    return mask


MIXED = (
    Wish("a red fox", 5, 4.0, (1,)),
    Wish("a house, flat", 9, 2.0, (2, 3)),
    Wish("a key", 3, 7.5, (4,)),
    Wish("a rocket in the sky", 12, 3.0, (5,)),
    Wish("an apple", 7, 1.0, (6,)),
    Wish("an apple, 3d", 4, 1.0, (7, 8)),
    Wish("a wide sun", 6, 4.0, (9,), size=48),
    Wish("a heart", 8, 5.0, (10,)),
    Wish("a cat like this", 10, 4.0, (11,), kind=TaskKind.IMAGE_TO_IMAGE, strength=0.6),
    Wish("a dog like these", 6, 1.0, (12, 13), kind=TaskKind.IMAGE_TO_IMAGE, strength=0.9),
    Wish("a moon on the left", 5, 3.0, (14,), kind=TaskKind.INPAINT, strength=0.8),
    Wish("two suns on the left", 7, 5.0, (15, 16), kind=TaskKind.INPAINT),
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
    renders = SharedRenders(pipeline, rows_at_once=16, kinds=tuple(TaskKind))
    yield renders
    renders.close()


_ALONE: dict[TaskKind, Any] = {
    TaskKind.IMAGE_TO_IMAGE: AutoPipelineForImage2Image,
    TaskKind.INPAINT: AutoPipelineForInpainting,
}


def alone(pipeline: Any, wish: Wish) -> torch.Tensor:
    kind = _ALONE.get(wish.kind)
    made = kind.from_pipe(pipeline) if kind else pipeline
    made.set_progress_bar_config(disable=True)
    return latents_of(made, wish)


def in_company(shared: SharedRenders, wish: Wish) -> torch.Tensor:
    with shared.begin(Lane.FREE, wish.prompt, wish.kind) as (private, _seat):
        return latents_of(private, wish)


def latents_of(pipeline: Any, wish: Wish) -> torch.Tensor:
    accepted = frozenset(inspect.signature(pipeline.__call__).parameters)
    latents: torch.Tensor = pipeline(**wish.arguments(accepted)).images
    return latents


def test_pictures_of_mixed_renders_equal_those_drawn_alone(
    pipeline: Any, shared: SharedRenders
) -> None:
    expected = [alone(pipeline, wish) for wish in MIXED]
    denoiser = denoiser_of(pipeline)
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
    denoiser = denoiser_of(pipeline)
    return list(denoiser.parameters())
