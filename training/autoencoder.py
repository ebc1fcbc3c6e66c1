"""Teaches the autoencoder, and gives its latents mean 0 and deviation 1."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from training.learner import Learner
from training.pace import Pace, rate

__all__ = ["encoded", "fold", "pixels", "taught"]

_RATE = 1.5e-3
_AVERAGE = 0.995
_EDGES, _COLOURS, _PRIOR = 0.5, 0.5, 2e-5
_AT_ONCE = 64
_HALF = 0.5

Say = Callable[[str], None]


def taught(network: Any, pictures: torch.Tensor, pace: Pace, *, batch: int, say: Say) -> None:
    """`pictures` are uint8, (count, 3, height, width), on the network's device."""
    learner = Learner([network], average=_AVERAGE)
    network.train()
    for done in pace.steps():
        chosen = torch.randint(len(pictures), (batch,), device=pictures.device)
        shown = _seen_differently(pixels(pictures[chosen]))
        loss = _loss(network, shown)
        torch.autograd.backward(loss)
        learner.learn(pace.step, rate(_RATE, pace.step, done))
        if pace.step % 100 == 0:
            say(f"autoencoder {pace.step} at {pace.used:.0f} s: loss {loss.item():.4f}")
    learner.finish()


def pixels(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 as -1 to 1."""
    return pictures.float() / 127.5 - 1


def _seen_differently(shown: torch.Tensor) -> torch.Tensor:
    """Half of the batches mirrored, half of them at half the size."""
    if torch.rand(()) < _HALF:
        shown = shown.flip(-1)
    if torch.rand(()) < _HALF:
        shown = functional.interpolate(shown, scale_factor=0.5, mode="area")
    return shown.to(memory_format=torch.channels_last)


def _loss(network: Any, shown: torch.Tensor) -> torch.Tensor:
    """Pixels, edges and colours by their absolute difference, and a light prior on the latents."""
    found = network.encode(shown.bfloat16()).latent_dist
    mean, spread = found.mean.float(), found.logvar.float()
    drawn = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
    missed = network.decode(drawn.bfloat16()).sample.float() - shown
    edges = sum((missed.diff(dim=side)).abs().mean() for side in (-1, -2))
    colours = (missed - missed.roll(1, 1)).abs().mean()
    prior = 0.5 * (mean**2 + spread.exp() - 1 - spread).mean()
    loss: torch.Tensor = missed.abs().mean() + _EDGES * edges + _COLOURS * colours + _PRIOR * prior
    return loss


@torch.no_grad()
def encoded(network: Any, pictures: torch.Tensor) -> torch.Tensor:
    """The latents' means, (count, 4, height / 8, width / 8)."""
    parts = [
        network.encode(pixels(part)).latent_dist.mean for part in torch.split(pictures, _AT_ONCE)
    ]
    return torch.cat(parts)


@torch.no_grad()
def fold(network: Any, latents: torch.Tensor) -> None:
    """Puts the latents' own mean and deviation, by channel, into the 1 x 1 convolutions.

    So a pipeline needs no scale nor shift, and `scaling_factor` is 1.
    """
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    into, out = network.quant_conv, network.post_quant_conv
    channels = len(mean)
    into.weight[:channels] /= deviation.view(-1, 1, 1, 1)
    into.bias[:channels] = (into.bias[:channels] - mean) / deviation
    into.bias[channels:] -= 2 * deviation.log()
    out.bias += out.weight[:, :, 0, 0] @ mean
    out.weight *= deviation.view(1, -1, 1, 1)
