"""Pictures to learn a latent space's colours from: shapes in many colours, sharp and soft."""

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

__all__ = ["charts"]

_SEED = 1
_SOFTNESS = (0, 1, 3)
_ON_WHITE = 0.5
_ROUND = 0.6


def charts(count: int, side: int) -> torch.Tensor:
    """Always the same ones. Shape `[count, 3, side, side]`, values from -1 to 1."""
    random = np.random.default_rng(_SEED)
    pictures = [np.asarray(_chart(random, side), dtype=np.float32) for _ in range(count)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 127.5 - 1


def _chart(random: np.random.Generator, side: int) -> Image.Image:
    plain = random.random() < _ON_WHITE
    image = Image.new("RGB", (side, side), "white" if plain else _colour(random))
    pen = ImageDraw.Draw(image)
    for _ in range(random.integers(3, 10)):
        left, top = random.integers(-side // 4, side, 2)
        width, height = random.integers(side // 8, side // 2, 2)
        shape = pen.ellipse if random.random() < _ROUND else pen.rectangle
        shape((int(left), int(top), int(left + width), int(top + height)), fill=_colour(random))
    return image.filter(ImageFilter.GaussianBlur(float(random.choice(_SOFTNESS))))


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in random.integers(0, 256, 3))
    return red, green, blue
