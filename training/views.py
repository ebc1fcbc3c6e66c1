"""The same pictures in each size that ember draws."""

from collections.abc import Iterator

import torch
from torch.nn import functional

__all__ = ["Size", "shares", "views"]

Size = tuple[int, int]
"""Height and width, in pixels."""


def shares(size: int) -> dict[Size, float]:
    """How often a batch is of which size: the whole, the half, and the half with room beside it."""
    half, longer = size // 2, size * 5 // 8
    return {(size, size): 0.65, (half, half): 0.25, (half, longer): 0.05, (longer, half): 0.05}


def views(pictures: torch.Tensor, size: int) -> Iterator[tuple[torch.Tensor, float]]:
    """uint8 (count, 3, height, width) for each size, on white, and its share.

    A picture is never stretched: what is wider than high has white at its sides.
    """
    smaller = _shrunk(pictures, size // 2)
    for (height, width), share in shares(size).items():
        if height == width == size:
            yield pictures, share
        else:
            yield _on_white(smaller, height, width), share


def _shrunk(pictures: torch.Tensor, side: int) -> torch.Tensor:
    parts = [
        functional.interpolate(part.float(), size=(side, side), mode="area").round().byte()
        for part in torch.split(pictures, 256)
    ]
    return torch.cat(parts)


def _on_white(pictures: torch.Tensor, height: int, width: int) -> torch.Tensor:
    above, left = (height - pictures.shape[2]) // 2, (width - pictures.shape[3]) // 2
    below, right = height - pictures.shape[2] - above, width - pictures.shape[3] - left
    return functional.pad(pictures, (left, right, above, below), value=255)
