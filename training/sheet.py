"""A sheet of what the model draws, to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

__all__ = ["PROMPTS", "draw"]

PROMPTS = (
    "a red apple, 3d",
    "a cat face, classic",
    "a rocket, 3d",
    "a pizza, 3d",
    "a red fox",
    "a palm tree, flat",
    "an automobile, 3d",
    "a grinning face, flat",
    "a house, classic",
    "an octopus, 3d",
    "a mushroom, flat",
    "a guitar, 3d",
    "a penguin, flat",
    "a rainbow, 3d",
    "a snowman, classic",
    "a teapot, 3d",
    "a violin, flat",
    "a hedgehog, classic",
    "a bicycle, 3d",
    "a lighthouse under a purple moon",
)
_ACROSS = 5


@torch.no_grad()
def draw(
    pipeline: Any,
    prompts: Sequence[str],
    size: int,
    path: Path,
    *,
    seed: int = 7,
) -> None:
    """One picture for each prompt, 20 steps, guidance 2.5, as PNG."""
    rows = (len(prompts) + _ACROSS - 1) // _ACROSS
    sheet = Image.new("RGB", (_ACROSS * size, rows * size), "white")
    dice = [torch.Generator().manual_seed(seed) for _ in prompts]
    pipeline.set_progress_bar_config(disable=True)
    drawn = pipeline(
        list(prompts),
        height=size,
        width=size,
        num_inference_steps=20,
        guidance_scale=2.5,
        generator=dice,
    ).images
    for number, picture in enumerate(drawn):
        sheet.paste(picture, (number % _ACROSS * size, number // _ACROSS * size))
    sheet.save(path)
