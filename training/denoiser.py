"""Teaches the text encoder and the denoiser together, in pictures of several sizes."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from training.captions import caption
from training.learner import Learner
from training.noise import question
from training.pace import Pace, rate
from training.tokens import LENGTH
from training.world import Subject

__all__ = ["Lesson", "Networks", "readings", "taught"]

_RATE = 8e-4
_AVERAGE = 0.999
_SILENT = 0.05
"""How often a picture comes without a caption, which is what guidance rests on."""
_READINGS = 24

Say = Callable[[str], None]


@dataclass(frozen=True)
class Networks:
    text_encoder: CLIPTextModel
    denoiser: UNet2DConditionModel
    schedule: DDIMScheduler


@dataclass(frozen=True)
class Lesson:
    """All on one device.

    `latents` by how often a batch is of theirs, each (pictures, 4, height, width); `tokens` are
    (pictures, readings, LENGTH), `silence` (LENGTH,), `weights` (pictures,).
    """

    latents: Mapping[torch.Tensor, float]
    tokens: torch.Tensor
    silence: torch.Tensor
    weights: torch.Tensor


def readings(subjects: Sequence[Subject], tokenizer: CLIPTokenizer) -> torch.Tensor:
    """Token ids of some captions for each subject, (subjects, readings, LENGTH)."""
    dice = random.Random(0)  # noqa: S311 - the same captions each time
    texts = [caption(subject, dice) for subject in subjects for _ in range(_READINGS)]
    return tokens(texts, tokenizer).view(len(subjects), _READINGS, LENGTH)


def tokens(texts: Sequence[str], tokenizer: CLIPTokenizer) -> torch.Tensor:
    told = tokenizer(list(texts), padding="max_length", truncation=True, return_tensors="pt")
    ids: torch.Tensor = told.input_ids
    return ids


def taught(
    networks: Networks, lesson: Lesson, pace: Pace, *, batch: int, kept: Path, say: Say
) -> None:
    """Goes on from `kept` where that is there, and keeps itself there about once a minute."""
    device = lesson.tokens.device
    learner = Learner([networks.text_encoder, networks.denoiser], average=_AVERAGE)
    _resume(learner, pace, kept)
    networks.denoiser.train()
    alphas = networks.schedule.alphas_cumprod.to(device)
    dice = torch.Generator(device).manual_seed(pace.step)
    sizes, shares = list(lesson.latents), list(lesson.latents.values())
    keep_at, shown = pace.used + 60, torch.zeros((), device=device)
    for done in pace.steps():
        [latents] = random.choices(sizes, shares)  # noqa: S311
        chosen = torch.multinomial(lesson.weights, batch, replacement=True, generator=dice)
        loss = _loss(networks, latents[chosen], _told(lesson, chosen, dice), alphas, dice)
        learner.learn(loss, pace.step, rate(_RATE, pace.step, done))
        shown = shown.lerp(loss.detach(), 0.02) if pace.step else loss.detach()
        if pace.step % 100 == 0:
            say(f"denoiser {pace.step} at {pace.used:.0f} s: loss {shown.item():.4f}")
        if pace.used >= keep_at:
            _keep(learner, pace, kept)
            keep_at = pace.used + 60
    _keep(learner, pace, kept)
    with learner.averaged():
        states = [
            {name: value.clone() for name, value in network.state_dict().items()}
            for network in (networks.text_encoder, networks.denoiser)
        ]
    for network, state in zip((networks.text_encoder, networks.denoiser), states, strict=True):
        network.float().eval().load_state_dict(state)


def _told(lesson: Lesson, chosen: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """One caption for each chosen picture, or silence."""
    count, device = len(chosen), chosen.device
    which = torch.randint(lesson.tokens.shape[1], (count,), generator=dice, device=device)
    silent = torch.rand(count, generator=dice, device=device) < _SILENT
    return torch.where(silent[:, None], lesson.silence, lesson.tokens[chosen, which])


def _loss(
    networks: Networks,
    latents: torch.Tensor,
    told: torch.Tensor,
    alphas: torch.Tensor,
    dice: torch.Generator,
) -> torch.Tensor:
    """Plain squared error of v: weights by signal to noise starve the steps that give shape."""
    asked = question(latents, alphas, dice)
    meaning = networks.text_encoder(input_ids=told)[0]
    noisy = asked.noisy.bfloat16().to(memory_format=torch.channels_last)
    answer = networks.denoiser(noisy, asked.at, encoder_hidden_states=meaning, return_dict=False)
    return (answer[0].float() - asked.target).square().mean()


def _keep(learner: Learner, pace: Pace, kept: Path) -> None:
    beside = kept.with_suffix(".new")
    torch.save({"learner": learner.state(), "used": pace.used, "step": pace.step}, beside)
    beside.replace(kept)


def _resume(learner: Learner, pace: Pace, kept: Path) -> None:
    if not kept.exists():
        return
    state = torch.load(kept, weights_only=True)
    learner.load(state["learner"])
    pace.used, pace.step = state["used"], state["step"]
