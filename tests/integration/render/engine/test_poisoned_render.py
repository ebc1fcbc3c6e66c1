"""A render that the model can't take, in one step with others: of each family, on real torch."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from services.contracts import Lane
from services.render.engine.batching import SharedRenders
from tests.integration.render.engine.families import FAMILIES, denoiser_of, made

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TOLERANCE = 3e-5
NEIGHBOURS = ("a red fox", "a house, flat", "a key")
POISON = "a poisoned apple"


class PoisonedError(Exception):
    """The model's own fault."""


def latents(pipeline: Any, prompt: str) -> torch.Tensor:
    found: torch.Tensor = pipeline(
        prompt,
        height=32,
        width=32,
        num_inference_steps=6,
        guidance_scale=3.0,
        generator=[torch.Generator().manual_seed(len(prompt))],
        output_type="latent",
    ).images
    return found


def poisoned(pipeline: Any, words: Sequence[torch.Tensor]) -> list[int]:
    """From now on the denoiser fails wherever these words are among its rows; counts the rows."""
    denoiser = denoiser_of(pipeline)
    seen: list[int] = []

    def look(_module: object, _args: object, given: dict[str, Any]) -> None:
        rows = given["encoder_hidden_states"]
        seen.append(rows.shape[0])
        if any(torch.equal(row, word) for row in rows for word in words):
            raise PoisonedError

    denoiser.register_forward_pre_hook(look, with_kwargs=True)
    return seen


def words_of(pipeline: Any, prompt: str) -> list[torch.Tensor]:
    """What the denoiser is told of a prompt."""
    denoiser = denoiser_of(pipeline)
    heard: list[torch.Tensor] = []

    def hear(_module: object, _args: object, given: dict[str, Any]) -> None:
        heard.append(given["encoder_hidden_states"][-1])

    hook = denoiser.register_forward_pre_hook(hear, with_kwargs=True)
    latents(pipeline, prompt)
    hook.remove()
    return heard[:1]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_fails_alone_and_its_neighbours_get_their_pictures(family: str) -> None:
    pipeline = made(family)
    alone = [latents(pipeline, prompt) for prompt in NEIGHBOURS]
    seen = poisoned(pipeline, words_of(pipeline, POISON))
    shared = SharedRenders(pipeline, rows_at_once=16)

    def draw(prompt: str) -> torch.Tensor:
        with shared.begin(Lane.FREE, prompt) as (private, _seat):
            return latents(private, prompt)

    with ThreadPoolExecutor(4) as pool:
        renders: list[Future[torch.Tensor]] = [
            pool.submit(draw, prompt) for prompt in (POISON, *NEIGHBOURS)
        ]
    shared.close()
    assert isinstance(renders[0].exception(), PoisonedError)
    for mine, theirs in zip(renders[1:], alone, strict=True):
        assert (mine.result() - theirs).abs().max() <= TOLERANCE * theirs.abs().mean()
    assert max(seen) > min(seen), "some steps were shared"
