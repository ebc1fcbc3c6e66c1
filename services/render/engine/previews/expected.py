"""The finished latents that one step's answer of a denoiser amounts to."""

import math
from typing import Any

import torch

__all__ = ["expected"]


def expected(
    scheduler: Any, answer: torch.Tensor, timestep: Any, sample: torch.Tensor
) -> torch.Tensor:
    """`sample` without its noise, by the `answer` to it; asked after that step was taken.

    With x = a x0 + s n: n (epsilon) or v = a n - s x0 is predicted (Salimans and Ho 2022, section
    4 and appendix D); under flow matching n - x0, with a = 1 - s (Lipman et al. 2023). Schedulers
    with a first sigma above 1 hold x / a (Karras et al. 2022).
    """
    if not hasattr(scheduler, "alphas_cumprod"):
        flow: torch.Tensor = sample - _sigma(scheduler) * answer
        return flow
    if float(scheduler.init_noise_sigma) > 1:
        sigma = _sigma(scheduler)
        signal = 1 / (1 + sigma**2)
        sample = sample * math.sqrt(signal)
    else:
        signal = float(scheduler.alphas_cumprod[int(timestep)])
    return _clean(scheduler.config.prediction_type, answer, sample, signal)


def _clean(kind: str, answer: torch.Tensor, sample: torch.Tensor, signal: float) -> torch.Tensor:
    signal_share, noise_share = math.sqrt(signal), math.sqrt(1 - signal)
    match kind:
        case "epsilon":
            return (sample - noise_share * answer) / signal_share
        case "v_prediction":
            return signal_share * sample - noise_share * answer
        case "sample":
            return answer
        case _:
            raise ValueError(f"a scheduler that predicts {kind}")


def _sigma(scheduler: Any) -> float:
    """Of the step that was taken last."""
    return float(scheduler.sigmas[scheduler.step_index - 1])
