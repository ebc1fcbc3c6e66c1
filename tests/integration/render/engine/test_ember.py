"""The built-in model, on real torch."""

import io
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image

from services.contracts.catalogue import TaskKind
from services.render.engine.messages import Cancelled, Drawn, Failed, Picture, Stepped
from services.render.engine.options import EngineOptions
from services.render.engine.png import read_recipe
from services.render.engine.process import EngineProcess
from tests.integration.render.engine.listening import drawn, next_event, to_its_end
from tests.unit.render.engine.draws import CATALOGUE, apple

#: Two rounding steps of 255: one seed drawn in another company differs by floating point only.
TOLERANCE = 2


def _pixels(picture: Picture) -> NDArray[np.int16]:
    with Image.open(io.BytesIO(picture.content)) as image:
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
    assert read_recipe(end.pictures[0].content).prompt == prompt


async def test_a_negative_prompt_changes_the_picture(ember: EngineProcess) -> None:
    plain = await drawn(ember, apple())
    steered = await drawn(ember, replace(apple(), negative_prompt="a blue heart, flat"))
    assert not np.array_equal(_pixels(plain.pictures[0]), _pixels(steered.pictures[0]))


async def test_a_picture_tells_how_it_was_drawn(ember: EngineProcess) -> None:
    end = await drawn(ember, apple(steps=1, seeds=(2**32 - 1,)))
    recipe = read_recipe(end.pictures[0].content)
    assert (recipe.model, recipe.seed, recipe.steps) == ("ember", 2**32 - 1, 1)
    assert recipe.engine.startswith("diffusers ")


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    """The built-in model, allowed to begin with a photo."""
    entry = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["models"][0]
    root = tmp_path_factory.mktemp("editor")
    shutil.copytree(CATALOGUE.parent / "ember", root / "ember")
    tasks = [kind.value for kind in TaskKind]
    (root / "catalogue.yaml").write_text(yaml.safe_dump({"models": [entry | {"tasks": tasks}]}))
    engine = EngineProcess(EngineOptions(catalogue=root / "catalogue.yaml"))
    await engine.start()
    yield engine
    await engine.close()


async def test_a_picture_begun_with_a_photo_still_looks_like_it(editor: EngineProcess) -> None:
    """Its left half is green and its right half white, whatever the prompt is."""
    photo = Image.new("RGB", (256, 256), "white")
    photo.paste((0, 160, 0), (0, 0, 128, 256))
    ask = replace(apple(steps=20), kind=TaskKind.IMAGE_TO_IMAGE, photo=_png(photo), strength=0.3)
    left, right = np.split(_pixels((await drawn(editor, ask)).pictures[0]), 2, axis=1)
    red, green, _ = left.reshape(-1, 3).mean(axis=0)
    assert green > red + 40
    assert right.mean() > left.mean() + 40


async def test_what_the_mask_leaves_out_stays_as_it_was(editor: EngineProcess) -> None:
    photo, mask = Image.new("RGB", (128, 128), (0, 0, 160)), Image.new("L", (128, 128), 0)
    mask.paste(255, (64, 0, 128, 128))
    ask = replace(
        apple(steps=20), kind=TaskKind.INPAINT, photo=_png(photo), mask=_png(mask), strength=1.0
    )
    left, right = np.split(_pixels((await drawn(editor, ask)).pictures[0]), 2, axis=1)
    changed = np.abs(right - right.mean(axis=(0, 1))).mean()
    kept = np.abs(left[:, :48] - left[:, :48].mean(axis=(0, 1))).mean()
    assert changed > 2 * kept


async def test_bytes_that_are_no_photo_fail_for_good(editor: EngineProcess) -> None:
    await editor.submit(replace(apple(), kind=TaskKind.IMAGE_TO_IMAGE, photo=b"no picture"))
    _, end = await to_its_end(editor)
    assert isinstance(end, Failed)
    assert end.permanent
    assert end.message == "the photo or its mask can't be read"
