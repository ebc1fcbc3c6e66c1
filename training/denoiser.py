"""Teaches the text encoder and the denoiser together, in pictures of several sizes."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import CLIPTokenizer

from training.captions import caption
from training.learner import Learner
from training.noise import question
from training.pace import Pace, rate
from training.recording import Steps
from training.tokens import LENGTH
from training.world import Subject

__all__ = ["Lesson", "Networks", "readings", "taught"]

_RATE = 8e-4
_AVERAGE = 0.999
_SILENT = 0.05
"""How often a picture comes without a caption, which is what guidance rests on."""
_READINGS = 24
_KEPT_EVERY = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Networks:
    text_encoder: Any
    denoiser: Any
    schedule: Any


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
    learner = Learner([networks.text_encoder, networks.denoiser], average=_AVERAGE)
    memory = _Memory(learner, pace, kept)
    networks.denoiser.train()
    alphas = networks.schedule.alphas_cumprod.to(lesson.tokens.device)
    dice = torch.Generator(lesson.tokens.device).manual_seed(pace.step)
    steps = Steps(partial(_loss, networks), learner.parameters)
    for done in pace.steps():
        latents, told = _asked(lesson, batch, dice)
        asked = question(latents, alphas, dice)
        loss = steps(asked.noisy, asked.at, asked.target, told)
        learner.learn(pace.step, rate(_RATE, pace.step, done))
        if pace.step % 100 == 0:
            say(f"denoiser {pace.step} at {pace.used:.0f} s: loss {loss.item():.4f}")
        memory.keep_now_and_then()
    memory.keep()
    learner.finish()


def _asked(lesson: Lesson, batch: int, dice: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents of one size, and token ids."""
    sizes, shares = list(lesson.latents), torch.tensor(list(lesson.latents.values()))
    latents = sizes[int(torch.multinomial(shares, 1))]
    chosen = torch.multinomial(lesson.weights, batch, replacement=True, generator=dice)
    return latents[chosen], _told(lesson, chosen, dice)


def _told(lesson: Lesson, chosen: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """One caption for each chosen picture, or silence."""
    count, device = len(chosen), chosen.device
    which = torch.randint(lesson.tokens.shape[1], (count,), generator=dice, device=device)
    silent = torch.rand(count, generator=dice, device=device) < _SILENT
    return torch.where(silent[:, None], lesson.silence, lesson.tokens[chosen, which])


def _loss(
    networks: Networks,
    noisy: torch.Tensor,
    at: torch.Tensor,
    target: torch.Tensor,
    told: torch.Tensor,
) -> torch.Tensor:
    """Plain squared error of v: weights by signal to noise starve the steps that give shape."""
    meaning = networks.text_encoder(input_ids=told)[0]
    shown = noisy.bfloat16().to(memory_format=torch.channels_last)
    answer = networks.denoiser(shown, at, encoder_hidden_states=meaning, return_dict=False)
    loss: torch.Tensor = (answer[0].float() - target).square().mean()
    return loss


class _Memory:
    """What was learnt so far, in a file that is never half written."""

    def __init__(self, learner: Learner, pace: Pace, path: Path) -> None:
        self._learner = learner
        self._pace = pace
        self._path = path
        if path.exists():
            state = torch.load(path, weights_only=True)
            learner.load(state["learner"])
            pace.used, pace.step = state["used"], state["step"]
        self._due = pace.used + _KEPT_EVERY

    def keep_now_and_then(self) -> None:
        if self._pace.used >= self._due:
            self._due = self._pace.used + _KEPT_EVERY
            self.keep()

    def keep(self) -> None:
        state = {
            "learner": self._learner.state(),
            "used": self._pace.used,
            "step": self._pace.step,
        }
        beside = self._path.with_suffix(".new")
        torch.save(state, beside)
        beside.replace(self._path)
