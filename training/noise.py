"""What the denoiser is asked at each step of its training."""

from dataclasses import dataclass

import torch

__all__ = ["Question", "question", "timesteps"]

_NOISIEST = 700
"""From here on the text decides the shape; half of all questions are asked there."""


@dataclass(frozen=True)
class Question:
    """`noisy` and `target` are (batch, channels, height, width), `at` is (batch,)."""

    noisy: torch.Tensor
    at: torch.Tensor
    target: torch.Tensor


def timesteps(count: int, steps: int, dice: torch.Generator) -> torch.Tensor:
    device = dice.device
    anywhere = torch.randint(0, steps, (count,), generator=dice, device=device)
    late = torch.randint(_NOISIEST, steps, (count,), generator=dice, device=device)
    fair = torch.randint(0, 2, (count,), generator=dice, device=device).bool()
    return torch.where(fair, anywhere, late)


def question(latents: torch.Tensor, alphas: torch.Tensor, dice: torch.Generator) -> Question:
    """v-prediction (Salimans and Ho 2022); `alphas` are the schedule's cumulative products."""
    at = timesteps(len(latents), len(alphas), dice)
    signal = alphas[at].view(-1, 1, 1, 1)
    shape, device = latents.shape, latents.device
    noise = torch.randn(shape, generator=dice, device=device).to(latents)
    kept, lost = signal.sqrt(), (1 - signal).sqrt()
    return Question(kept * latents + lost * noise, at, kept * noise - lost * latents)
