"""Tiny pipelines with random weights, one of each family: nothing is downloaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

__all__ = ["FAMILIES", "denoiser_of", "entry_of", "made"]

#: Their classes carry no types.
_diffusers: Any = diffusers
_transformers: Any = transformers

_TOKENIZER = Path("models/ember/tokenizer")
_WORDS = 4303
_DIM = 32


def stable_diffusion() -> Any:
    return _diffusers.StableDiffusionPipeline(
        vae=_vae(4),
        text_encoder=_clip(_transformers.CLIPTextModel),
        tokenizer=_tokenizer(),
        unet=_unet(cross_attention_dim=_DIM),
        scheduler=_diffusers.DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl() -> Any:
    return _diffusers.StableDiffusionXLPipeline(
        vae=_vae(4),
        text_encoder=_clip(_transformers.CLIPTextModel),
        text_encoder_2=_clip(_transformers.CLIPTextModelWithProjection),
        tokenizer=_tokenizer(),
        tokenizer_2=_tokenizer(),
        unet=_unet(
            cross_attention_dim=2 * _DIM,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=_DIM + 6 * 8,
        ),
        scheduler=_diffusers.EulerDiscreteScheduler(),
        add_watermarker=False,
    )


def sd3() -> Any:
    transformer = _diffusers.SD3Transformer2DModel(
        sample_size=16,
        patch_size=1,
        in_channels=16,  # less its inpainting doesn't take
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=_DIM,
        caption_projection_dim=_DIM,
        pooled_projection_dim=2 * _DIM,
        out_channels=16,
        pos_embed_max_size=32,
    )
    return _diffusers.StableDiffusion3Pipeline(
        vae=_vae(16, shift=0.1),
        text_encoder=_clip(_transformers.CLIPTextModelWithProjection, act="gelu"),
        text_encoder_2=_clip(_transformers.CLIPTextModelWithProjection, act="gelu"),
        text_encoder_3=_t5(),
        tokenizer=_tokenizer(),
        tokenizer_2=_tokenizer(),
        tokenizer_3=_t5_tokenizer(),
        transformer=transformer,
        scheduler=_diffusers.FlowMatchEulerDiscreteScheduler(),
    )


def flux() -> Any:
    transformer = _diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=_DIM,
        pooled_projection_dim=_DIM,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return _diffusers.FluxPipeline(
        vae=_vae(1, shift=0.1),
        text_encoder=_clip(_transformers.CLIPTextModel),
        text_encoder_2=_t5(),
        tokenizer=_tokenizer(),
        tokenizer_2=_t5_tokenizer(),
        transformer=transformer,
        scheduler=_diffusers.FlowMatchEulerDiscreteScheduler(),
    )


FAMILIES: dict[str, Callable[[], Any]] = {
    "stable-diffusion": stable_diffusion,
    "sdxl": sdxl,
    "sd3": sd3,
    "flux": flux,
}


def _unet(**more: Any) -> Any:
    return _diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        layers_per_block=1,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        use_linear_projection=True,
        **more,
    )


def _vae(latent_channels: int, shift: float | None = None) -> Any:
    return _diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=32,
        shift_factor=shift,
        scaling_factor=1.5,
    )


def _clip(kind: Any, act: str = "quick_gelu") -> Any:
    config = _transformers.CLIPTextConfig(
        vocab_size=_WORDS,
        hidden_size=_DIM,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=_DIM,
        hidden_act=act,
        bos_token_id=4301,
        eos_token_id=4302,
        pad_token_id=4302,
    )
    return kind(config)


def _t5() -> Any:
    config = _transformers.T5Config(
        vocab_size=_WORDS,
        d_model=_DIM,
        d_kv=8,
        d_ff=37,
        num_layers=1,
        num_heads=4,
        dropout_rate=0.0,
    )
    return _transformers.T5EncoderModel(config)


def _tokenizer() -> Any:
    tokenizer = _transformers.AutoTokenizer.from_pretrained(_TOKENIZER)
    tokenizer.model_max_length = 77
    return tokenizer


def _t5_tokenizer() -> Any:
    """Not T5's own, but one that any pipeline can ask for any length."""
    return _transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(_TOKENIZER / "tokenizer.json"),
        pad_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        model_max_length=512,
    )


def made(family: str, seed: int = 0) -> Any:
    """The pipeline of a family, ready to draw on a CPU; equal seeds give equal weights."""
    torch.manual_seed(seed)
    pipeline = FAMILIES[family]()
    pipeline.set_progress_bar_config(disable=True)
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(requires_grad=False)
    return pipeline


def denoiser_of(pipeline: Any) -> Any:
    return pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer


def entry_of(family: str) -> dict[str, Any]:
    """A catalogue's entry of a family's model that lies in a folder of its name."""
    return {
        "id": family,
        "title": family,
        "path": family,
        "sizes": [{"width": 32, "height": 32}],
        "steps": {"minimum": 1, "maximum": 20, "default": 4},
        "guidance": {"minimum": 1, "maximum": 10, "default": 3},
        "licence": "none",
    }
