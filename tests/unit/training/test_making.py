"""A model made in seconds: it draws, badly, and is a pipeline like any other."""

from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from PIL import Image

from tests.unit.training.subjects import FEW, circle
from training.making import Making, Plan
from training.pictures import drawn
from training.world import read, write

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_a_picture_is_drawn_on_white() -> None:
    pixels = drawn(circle("red"), 32)
    assert pixels.shape == (32, 32, 3)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[16, 16].tolist() == [255, 0, 0]


def test_a_world_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "world", FEW)
    assert read(tmp_path / "world") == FEW


def test_a_model_is_made_goes_on_where_it_was_and_draws(tmp_path: Path) -> None:
    write(tmp_path / "world.json.xz", FEW)
    said: list[str] = []
    plan = Plan(
        work=tmp_path,
        size=64,
        autoencoder_seconds=1,
        denoiser_seconds=1,
        autoencoder_batch=2,
        denoiser_batch=2,
        device=torch.device("cpu"),
        say=said.append,
        prompts=("an apple, 3d",),
    )
    folder = Making(plan)()
    assert any(line.startswith("autoencoder 0") for line in said)
    assert any(line.startswith("denoiser 0") for line in said)
    assert Image.open(tmp_path / "sheet-64.png").size == (5 * 64, 64)
    model = torch.load(tmp_path / "denoiser.pt", weights_only=True)
    assert model["step"] >= 1

    said.clear()
    assert Making(plan)() == folder
    assert said == [], "nothing is left to learn"
    untyped: Any = diffusers
    pipeline = untyped.DiffusionPipeline.from_pretrained(folder, dtype=torch.float16)
    assert type(pipeline).__name__ == "StableDiffusionPipeline"
    assert pipeline.vae.config.scaling_factor == 1
