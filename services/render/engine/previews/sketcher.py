"""From latents to colours by one small convolution, never by the decoder itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from services.render.engine.previews.charts import charts

__all__ = ["Sketcher", "fitted"]

_CHARTS = 16
#: Latents a side of a chart: enough for shapes, little enough to encode in a moment.
_SIDE = 16
_KERNEL = 3
_RIDGE = 1e-2


class Sketcher:
    """A linear map from each latent and its neighbours to one colour.

    `weight` is `[3, channels, 3, 3]`, `bias` `[3]`; both give colours from -1 to 1.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        self._weight = weight
        self._bias = bias

    def colours(self, latents: torch.Tensor) -> torch.Tensor:
        """`[count, channels, height, width]` to `[count, 3, height, width]`, from -1 to 1."""
        plain = torch.nan_to_num(latents.to(self._weight))
        return functional.conv2d(plain, self._weight, self._bias, padding=_KERNEL // 2).clamp(-1, 1)

    def sketch(self, latents: torch.Tensor) -> Image.Image:
        """The first picture of these latents, a pixel for each of its places."""
        colours = (self.colours(latents[:1])[0] + 1) * 127.5
        return Image.fromarray(colours.round().permute(1, 2, 0).numpy().astype(np.uint8))


@torch.no_grad()
def fitted(pipeline: Any) -> Sketcher:
    """Fits colours to what the pipeline's own encoder makes of a few charts (ridge regression)."""
    pictures = charts(_CHARTS, _SIDE * pipeline.vae_scale_factor)
    latents = _encoded(pipeline.vae, pictures).double()
    colours = functional.avg_pool2d(pictures, pictures.shape[-1] // latents.shape[-1]).double()
    rows = functional.unfold(latents, _KERNEL, padding=_KERNEL // 2).transpose(1, 2).flatten(0, 1)
    rows = torch.cat([rows, rows.new_ones(len(rows), 1)], dim=1)
    square = rows.T @ rows
    square += _RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    solution = torch.linalg.solve(square, rows.T @ colours.flatten(2).transpose(1, 2).flatten(0, 1))
    weight = solution[:-1].T.reshape(3, latents.shape[1], _KERNEL, _KERNEL)
    return Sketcher(weight.float(), solution[-1].float())


def _encoded(vae: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Latents as the pipeline's denoiser sees them, on the CPU."""
    with _in_float32(vae):
        latents: torch.Tensor = vae.encode(pictures.to(vae.device)).latent_dist.mode()
    shift = float(getattr(vae.config, "shift_factor", None) or 0.0)
    return (latents.cpu() - shift) * float(vae.config.scaling_factor)


@contextmanager
def _in_float32(vae: Any) -> Iterator[None]:
    """Some encoders overflow in half precision; to float32 and back loses nothing."""
    dtype = vae.dtype
    vae.to(torch.float32)
    try:
        yield
    finally:
        vae.to(dtype)
