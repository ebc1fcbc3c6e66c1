"""Pipelines in the shape of well-known ones, with random weights: nothing is downloaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import diffusers
import torch

__all__ = ["SHAPES", "Shape", "built"]

_diffusers: Any = diffusers
"""Its classes carry no types."""

_SD15 = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
_SDXL = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_TINY = {
    "sample_size": 16,
    "block_out_channels": (32, 64),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 32,
    "attention_head_dim": 4,
}

_TINY_XL = {
    **_TINY,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 32 + 6 * 8,
}


@dataclass(frozen=True)
class Shape:
    """`side` in pixels; `denoiser` configures the network, `pooled` is a second text's width."""

    side: int
    denoiser: Mapping[str, Any]
    pooled: int = 0


SHAPES = {
    "sd15": Shape(512, _SD15),
    "sdxl": Shape(1024, _SDXL, pooled=1280),
    "tiny": Shape(128, _TINY),
    "tiny-xl": Shape(128, _TINY_XL, pooled=32),
}


def built(shape: Shape, device: torch.device, dtype: torch.dtype) -> Any:
    """The pipeline, without text encoders: it is asked with embeddings."""
    scheduler = _scheduler(shape)  # on the CPU, as a loaded pipeline has it
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            pipeline = _pipeline(shape, scheduler)
    finally:
        torch.set_default_dtype(before)
    pipeline.set_progress_bar_config(disable=True)
    for part in (pipeline.unet, pipeline.vae):
        part.eval().requires_grad_(requires_grad=False).to(memory_format=torch.channels_last)
    return pipeline


def _scheduler(shape: Shape) -> Any:
    if shape.pooled:
        return _diffusers.EulerDiscreteScheduler()
    return _diffusers.DDIMScheduler(clip_sample=False, steps_offset=1)


def _pipeline(shape: Shape, scheduler: Any) -> Any:
    denoiser = _diffusers.UNet2DConditionModel(**shape.denoiser)
    sides = ("DownEncoderBlock2D",) * 4, ("UpDecoderBlock2D",) * 4
    coder = _diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=sides[0],
        up_block_types=sides[1],
        norm_num_groups=4,
    )
    parts = {"vae": coder, "unet": denoiser, "text_encoder": None, "tokenizer": None}
    if shape.pooled:
        more = {"text_encoder_2": None, "tokenizer_2": None, "add_watermarker": False}
        return _diffusers.StableDiffusionXLPipeline(**parts, **more, scheduler=scheduler)
    return _diffusers.StableDiffusionPipeline(
        **parts,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
