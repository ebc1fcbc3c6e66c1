"""The built-in model, on real torch."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.render.engine.messages import Cancelled, Drawn, Picture, Stepped
from services.render.engine.png import read_recipe
from services.render.engine.process import EngineProcess
from tests.integration.render.engine.listening import drawn, next_event, to_its_end
from tests.unit.render.engine.draws import apple

#: Two rounding steps of 255: one seed drawn in another company differs by floating point only.
TOLERANCE = 2


def _pixels(picture: Picture) -> NDArray[np.int16]:
    with Image.open(io.BytesIO(picture.png)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)


async def test_a_red_apple_is_red_in_its_middle(ember: EngineProcess) -> None:
    prompt = replace(apple(steps=20), prompt="a red apple")
    end = await drawn(ember, prompt)
    middle = _pixels(end.pictures[0])[40:100, 40:90].reshape(-1, 3).mean(axis=0)
    red, green, blue = middle
    assert red > 180
    assert red > green + 60
    assert red > blue + 60
    corner = _pixels(end.pictures[0])[:6, -6:].mean()
    assert corner > 220


async def test_every_step_is_told_once(ember: EngineProcess) -> None:
    await ember.submit(apple(steps=20, seeds=(1, 2)))
    steps, end = await to_its_end(ember)
    assert [event.step for event in steps] == list(range(1, 21))
    assert {event.steps for event in steps} == {20}
    left = [event.seconds_left for event in steps]
    assert left[-1] == 0
    assert left[4] > left[15]
    assert isinstance(end, Drawn)


async def test_the_same_seed_draws_the_same_picture(ember: EngineProcess) -> None:
    first = await drawn(ember, apple(seeds=(3,)))
    again = await drawn(ember, apple(seeds=(3,)))
    other = await drawn(ember, apple(seeds=(4,)))
    assert np.array_equal(_pixels(first.pictures[0]), _pixels(again.pictures[0]))
    assert not np.array_equal(_pixels(first.pictures[0]), _pixels(other.pictures[0]))


async def test_one_picture_of_many_can_be_drawn_again_alone(ember: EngineProcess) -> None:
    together = await drawn(ember, apple(steps=20, seeds=(11, 12, 13)))
    alone = await drawn(ember, apple(steps=20, seeds=(12,)))
    difference = np.abs(_pixels(together.pictures[1]) - _pixels(alone.pictures[0]))
    assert difference.max() <= TOLERANCE


async def test_a_cancelled_render_stops_at_once(ember: EngineProcess) -> None:
    await ember.submit(apple(steps=50))
    for _ in range(3):
        assert isinstance(await next_event(ember), Stepped)
    started = time.monotonic()
    await ember.cancel("job_1", 1)
    steps, end = await to_its_end(ember)
    assert end == Cancelled(job="job_1", attempt=1)
    assert len(steps) <= 5  # one, and what a busy machine adds on the way there and back
    assert time.monotonic() - started < 5
    assert isinstance(await drawn(ember, apple("job_2", steps=1)), Drawn)


@pytest.mark.parametrize("size", [(128, 128), (160, 128), (128, 160)])
async def test_a_picture_has_the_size_that_was_asked_for(
    ember: EngineProcess, size: tuple[int, int]
) -> None:
    width, height = size
    end = await drawn(ember, replace(apple(steps=1), width=width, height=height))
    assert _pixels(end.pictures[0]).shape == (height, width, 3)


@pytest.mark.parametrize(
    "prompt",
    [
        " ",
        "x",
        "a red fox " * 3_200,
        "龍が月を飲み込む 🐉🌕",
        "\x00\u202e\ufffd\n\t",
        "<|endoftext|><|startoftext|>",
    ],
    ids=["blank", "letter", "longest", "japanese", "control", "special-tokens"],
)
async def test_any_prompt_gives_a_picture(ember: EngineProcess, prompt: str) -> None:
    draw = replace(apple(steps=1), prompt=prompt, negative_prompt=prompt)
    end = await drawn(ember, draw)
    assert read_recipe(end.pictures[0].png).prompt == prompt


async def test_a_negative_prompt_changes_the_picture(ember: EngineProcess) -> None:
    plain = await drawn(ember, apple())
    steered = await drawn(ember, replace(apple(), negative_prompt="a blue heart, flat"))
    assert not np.array_equal(_pixels(plain.pictures[0]), _pixels(steered.pictures[0]))


async def test_a_picture_tells_how_it_was_drawn(ember: EngineProcess) -> None:
    end = await drawn(ember, apple(steps=1, seeds=(2**32 - 1,)))
    recipe = read_recipe(end.pictures[0].png)
    assert (recipe.model, recipe.seed, recipe.steps) == ("ember", 2**32 - 1, 1)
    assert recipe.engine.startswith("diffusers ")
