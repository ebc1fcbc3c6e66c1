"""The stages of making ember; each keeps what it made in the work folder and is not made twice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch

from training import autoencoder, denoiser, shapes, world
from training.pace import Pace
from training.pictures import pictures
from training.sheet import PROMPTS, draw
from training.tokens import tokenizer
from training.views import views
from training.world import Subject

__all__ = ["Making", "Plan"]

_diffusers: Any = diffusers
"""Its classes carry no types."""

_OFTEN = 5.0
"""How much more often than others a thing of the known list is seen."""


@dataclass(frozen=True)
class Plan:
    """`size` in pixels; seconds and batch sizes of the two trainings; `work` is the folder.

    `prompts` are what the sheets show.
    """

    work: Path
    size: int
    autoencoder_seconds: float
    denoiser_seconds: float
    autoencoder_batch: int
    denoiser_batch: int
    device: torch.device
    say: Callable[[str], None]
    prompts: tuple[str, ...] = PROMPTS


class Making:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        plan.work.mkdir(parents=True, exist_ok=True)

    def __call__(self) -> Path:
        """The folder of the finished pipeline, float16, a sheet for each size beside it."""
        subjects = self._world()
        drawn = torch.from_numpy(pictures(subjects, self._plan.size, self._plan.work))
        shown = drawn.permute(0, 3, 1, 2).contiguous().to(self._plan.device)
        coder = self._autoencoder(shown)
        return self._pipeline(subjects, shown, coder)

    def _world(self) -> list[Subject]:
        path = self._plan.work / "world.json.xz"
        if not path.exists():
            world.write(path, world.world())
        return world.read(path)

    def _autoencoder(self, shown: torch.Tensor) -> Any:
        folder = self._plan.work / "autoencoder"
        if not folder.exists():
            network = shapes.autoencoder().to(self._plan.device, memory_format=torch.channels_last)
            pace, batch = Pace(self._plan.autoencoder_seconds), self._plan.autoencoder_batch
            autoencoder.taught(network, shown, pace, batch=batch, say=self._plan.say)
            autoencoder.fold(network, autoencoder.encoded(network, shown))
            network.save_pretrained(folder)
        return _diffusers.AutoencoderKL.from_pretrained(folder).to(self._plan.device).eval()

    def _pipeline(self, subjects: list[Subject], shown: torch.Tensor, coder: Any) -> Path:
        plan = self._plan
        words = tokenizer(subjects, plan.work / "tokenizer")
        networks = denoiser.Networks(
            shapes.text_encoder(words).to(device=plan.device),
            shapes.denoiser().to(plan.device, memory_format=torch.channels_last),
            shapes.schedule(),
        )
        known = world.known_labels()
        weights = [_OFTEN if subject.label in known else 1.0 for subject in subjects]
        lesson = denoiser.Lesson(
            {autoencoder.encoded(coder, view): share for view, share in views(shown, plan.size)},
            denoiser.readings(subjects, words).to(plan.device),
            denoiser.tokens([""], words)[0].to(plan.device),
            torch.tensor(weights, device=plan.device),
        )
        pace, kept = Pace(plan.denoiser_seconds), plan.work / "denoiser.pt"
        batch = plan.denoiser_batch
        denoiser.taught(networks, lesson, pace, batch=batch, kept=kept, say=plan.say)
        whole = _diffusers.StableDiffusionPipeline(
            vae=coder,
            text_encoder=networks.text_encoder,
            tokenizer=words,
            unet=networks.denoiser,
            scheduler=networks.schedule,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        return self._shipped(whole)

    def _shipped(self, whole: Any) -> Path:
        folder = self._plan.work / "ember"
        for size in (self._plan.size // 2, self._plan.size):
            draw(whole, self._plan.prompts, size, self._plan.work / f"sheet-{size}.png")
        whole.to(dtype=torch.float16).save_pretrained(folder, safe_serialization=True)
        return folder
