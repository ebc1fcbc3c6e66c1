"""What a caller wishes for becomes what render draws: a model of ours, with its defaults."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from services.contracts import (
    Catalogue,
    JobSpec,
    LighterRender,
    ModelEntry,
    PictureFormat,
    TaskKind,
    UploadId,
)
from services.gateway.core.flaws import Flaw, SpecError
from services.gateway.core.sizes import sizes_of

__all__ = [
    "MAX_PROMPT",
    "Quality",
    "Wish",
    "job_spec",
    "lighter_render",
    "steps_of",
]

MAX_PROMPT = 32_000
SEEDS = 2**32
MAX_PREVIEWS = 10
_LOSSLESS = 100
STRENGTH = 0.6
LEAST_STRENGTH = 0.05

_FROM = {
    TaskKind.TEXT_TO_IMAGE: "from a prompt alone",
    TaskKind.IMAGE_TO_IMAGE: "from a photo",
    TaskKind.INPAINT: "within a photo",
}
N = TypeVar("N", int, float)

_MODEL_ID = r"[a-z0-9][a-z0-9-]{0,63}"

# Blank to the eye, though Unicode counts them as letters or symbols.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class Quality(StrEnum):
    """How much work goes into a picture, as a share of the model's own number of steps."""

    LOW = "low"
    MEDIUM = "medium"
    STANDARD = "standard"
    HIGH = "high"
    HD = "hd"
    XHIGH = "xhigh"
    MAX = "max"


_STEPS = {
    Quality.LOW: 0.5,
    Quality.MEDIUM: 1.0,
    Quality.STANDARD: 1.0,
    Quality.HIGH: 1.5,
    Quality.HD: 1.5,
    Quality.XHIGH: 2.0,
}


@dataclass(frozen=True)
class Wish:
    """A request as it came: what is None gets the model's default."""

    prompt: str
    model: str | None = None
    negative_prompt: str | None = None
    n: int | None = None
    size: str | None = None
    quality: Quality | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    previews: int | None = None
    output_format: PictureFormat | None = None
    output_compression: int | None = None
    photo: UploadId | None = None
    mask: UploadId | None = None
    strength: float | None = None

    @property
    def task(self) -> TaskKind:
        if self.photo is None:
            return TaskKind.TEXT_TO_IMAGE
        return TaskKind.IMAGE_TO_IMAGE if self.mask is None else TaskKind.INPAINT


def job_spec(wish: Wish, catalogue: Catalogue, seed: int) -> tuple[JobSpec, ModelEntry]:
    """The spec and the model that draws it; `seed` is used where the wish has none."""
    _check_text("prompt", wish.prompt)
    if not _has_ink(wish.prompt):
        raise SpecError(Flaw.PROMPT_EMPTY, "prompt", "The prompt is empty.")
    if wish.negative_prompt is not None:
        _check_text("negative_prompt", wish.negative_prompt)
    model = _model(wish.model, wish.task, catalogue)
    size, output = sizes_of(wish.size, model)
    spec = JobSpec(
        task=wish.task,
        model=model.id,
        pool=model.pool,
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt or None,
        n=_within("n", wish.n, 1, model.max_images, 1),
        width=size.width,
        height=size.height,
        steps=_steps(wish, model),
        guidance=_within(
            "guidance",
            wish.guidance,
            model.guidance.minimum,
            model.guidance.maximum,
            model.guidance.default,
        ),
        seed=_within("seed", wish.seed, 0, SEEDS - 1, seed % SEEDS),
        previews=_within("previews", wish.previews, 0, MAX_PREVIEWS, 0),
        output=output,
        format=wish.output_format or PictureFormat.PNG,
        compression=_compression(wish),
        images=() if wish.photo is None else (wish.photo,),
        mask=wish.mask,
        strength=_strength(wish),
    )
    if not takes_a_step(spec.steps, spec.strength):
        detail = f"A strength of {spec.strength:g} leaves no step of {spec.steps}."
        raise SpecError(Flaw.OUT_OF_RANGE, "strength", detail, {"minimum": 1 / spec.steps})
    return spec, model


def steps_of(quality: Quality, model: ModelEntry) -> int:
    """A model's steps for a quality: the range's end for `max`, else a share of its default."""
    if quality is Quality.MAX:
        return int(model.steps.maximum)
    wanted = round(model.steps.default * _STEPS[quality])
    return int(min(max(wanted, model.steps.minimum), model.steps.maximum))


def lighter_render(spec: JobSpec, model: ModelEntry) -> LighterRender | None:
    """What the model's entry says a render may be cut down to; none where that can't be."""
    if model.light is None:
        return None
    size = model.light.size
    if size is None or size.width * size.height >= spec.width * spec.height:
        size = spec.drawn_size
    steps = max(int(model.steps.minimum), round(spec.steps * model.light.steps))
    steps = min(steps, spec.steps)
    if not takes_a_step(steps, spec.strength):
        return None
    return LighterRender(steps=steps, width=size.width, height=size.height)


def takes_a_step(steps: int, strength: float | None) -> bool:
    """A render from a photo takes the share of its steps that its strength says, rounded down."""
    return strength is None or int(steps * strength) > 0


def _model(wanted: str | None, task: TaskKind, catalogue: Catalogue) -> ModelEntry:
    model = catalogue.default if wanted is None else catalogue.find(wanted)
    if model is None and not re.fullmatch(_MODEL_ID, wanted or ""):
        raise SpecError(Flaw.INVALID_MODEL_ID, "model", "This is no model's id.", _MODEL_ID)
    if model is None:
        served = [model.id for model in catalogue.models]
        detail = f"No such model is served here. Served: {', '.join(served)}."
        raise SpecError(Flaw.MODEL_NOT_FOUND, "model", detail, served)
    if task not in model.tasks:
        detail = f"{model.id} does not draw {_FROM[task]}."
        raise SpecError(Flaw.INVALID_VALUE, "model", detail, [str(task) for task in model.tasks])
    return model


def _steps(wish: Wish, model: ModelEntry) -> int:
    default = steps_of(wish.quality or Quality.MEDIUM, model)
    return _within("steps", wish.steps, int(model.steps.minimum), int(model.steps.maximum), default)


def _strength(wish: Wish) -> float | None:
    """How far from the photo a render may go; none for one that begins with none."""
    if wish.photo is None:
        return None
    return _within("strength", wish.strength, LEAST_STRENGTH, 1.0, STRENGTH)


def _compression(wish: Wish) -> int:
    """Of WebP and JPEG alone: a PNG file loses nothing, and says so to who would have it lose."""
    value = _within("output_compression", wish.output_compression, 0, _LOSSLESS, _LOSSLESS)
    if value < _LOSSLESS and wish.output_format in {None, PictureFormat.PNG}:
        detail = "A PNG file loses nothing: use 100, or webp or jpeg as output_format."
        raise SpecError(Flaw.INVALID_VALUE, "output_compression", detail, {"minimum": _LOSSLESS})
    return value


def _within(field: str, wanted: N | None, minimum: N, maximum: N, default: N) -> N:
    if wanted is None:
        return default
    if not minimum <= wanted <= maximum:
        detail = f"{field} lies in {minimum}..{maximum}."
        allowed = {"minimum": minimum, "maximum": maximum}
        raise SpecError(Flaw.OUT_OF_RANGE, field, detail, allowed)
    return wanted


def _check_text(field: str, text: str) -> None:
    if len(text) > MAX_PROMPT:
        detail = f"{field} has {len(text)} characters; at most {MAX_PROMPT} are read."
        raise SpecError(Flaw.PROMPT_TOO_LONG, field, detail, {"maximum": MAX_PROMPT})
    if "\0" in text:
        detail = f"{field} holds the character NUL."
        raise SpecError(Flaw.INVALID_CHARACTER, field, detail)


def _has_ink(text: str) -> bool:
    """Whether a person sees anything: no spaces, controls or zero-width characters alone."""
    return any(
        unicodedata.category(character)[0] not in "ZC" and character not in _INVISIBLE
        for character in text
    )
