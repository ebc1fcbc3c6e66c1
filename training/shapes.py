"""How ember's three networks are built, and the schedule that they are sampled with."""

from typing import Any

import diffusers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.tokens import LENGTH

__all__ = ["autoencoder", "denoiser", "schedule", "text_encoder"]

_TEXT = 192
_diffusers: Any = diffusers
"""Its classes carry no types."""

_LATENT = 4
"""Channels: what every pipeline of Stable Diffusion takes, inpainting included."""


def autoencoder() -> Any:
    """An eighth of the size. Two channels for a group: more wipe out a picture's colour."""
    return _diffusers.AutoencoderKL(
        latent_channels=_LATENT,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 64, 96, 128),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=256,
        mid_block_add_attention=False,
        scaling_factor=1.0,
    )


def text_encoder(tokenizer: CLIPTokenizer) -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=_TEXT,
            intermediate_size=4 * _TEXT,
            num_hidden_layers=4,
            num_attention_heads=6,
            max_position_embeddings=LENGTH,
            projection_dim=_TEXT,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def denoiser() -> Any:
    """Narrow where latents are large, without attention there; most weight at an eighth of them."""
    return _diffusers.UNet2DConditionModel(
        sample_size=32,
        in_channels=_LATENT,
        out_channels=_LATENT,
        block_out_channels=(80, 192, 288),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=_TEXT,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def schedule() -> Any:
    """v-prediction with no signal left at the last step (Lin et al. 2024): white stays white."""
    return _diffusers.DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,
    )
