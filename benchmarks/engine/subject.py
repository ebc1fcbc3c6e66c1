"""Small pipelines with random weights and no text encoder: what all sides draw with."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import diffusers
import torch

__all__ = ["COMPUTE_BOUND", "LAUNCH_BOUND", "Subject", "built", "drawn", "slowed"]

_diffusers: Any = diffusers
"""Its classes carry no types."""

_WIDTH = 32
_TOKENS = 16
_GUIDANCE = 4.0


@dataclass(frozen=True)
class Subject:
    """`channels` of the denoiser's levels, and the picture's `side` in latents.

    `threads` is what torch has for it on a CPU, the same on every side.
    """

    channels: tuple[int, int]
    side: int
    threads: int


LAUNCH_BOUND = Subject((16, 32), side=4, threads=1)
"""A second thread makes steps so small slower, on every side."""

COMPUTE_BOUND = Subject((64, 128), side=32, threads=2)


def built(subject: Subject) -> Any:
    """Equal subjects get equal weights, in whatever process."""
    torch.set_num_threads(subject.threads)
    torch.manual_seed(0)
    denoiser = _diffusers.UNet2DConditionModel(
        sample_size=subject.side,
        block_out_channels=subject.channels,
        norm_num_groups=8,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=_WIDTH,
        attention_head_dim=4,
    )
    pipeline = _diffusers.StableDiffusionPipeline(
        vae=_diffusers.AutoencoderKL(
            block_out_channels=(8, 8),
            norm_num_groups=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        unet=denoiser,
        text_encoder=None,
        tokenizer=None,
        scheduler=_diffusers.DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    for part in (pipeline.unet, pipeline.vae):
        part.eval().requires_grad_(requires_grad=False)
    return pipeline


def drawn(
    pipeline: Any, numbers: list[int], steps: int, on_step: Callable[[int], None]
) -> torch.Tensor:
    """One call for the pictures of these seeds, up to their latents. Steps count from 0."""

    def step_end(_: Any, index: int, __: Any, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        on_step(index)
        return tensors

    words = torch.zeros(len(numbers), _TOKENS, _WIDTH)
    latents: torch.Tensor = pipeline(
        prompt_embeds=words,
        negative_prompt_embeds=words,
        num_inference_steps=steps,
        guidance_scale=_GUIDANCE,
        generator=[torch.Generator().manual_seed(number) for number in numbers],
        output_type="latent",
        callback_on_step_end=step_end,
    ).images
    return latents


def slowed(pipeline: Any, seconds: float) -> None:
    """From now on each call of the denoiser takes so long, and computes nothing."""
    forward = pipeline.unet.forward

    @wraps(forward)
    def slow(sample: torch.Tensor, *_: Any, **__: Any) -> tuple[torch.Tensor]:
        time.sleep(seconds)
        return (torch.zeros_like(sample),)

    pipeline.unet.forward = slow
