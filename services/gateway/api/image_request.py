"""`POST /v1/images/generations`: OpenAI's parameters, each honoured or refused."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.contracts import PictureFormat
from services.gateway.core.spec import MAX_PROMPT, Quality, Wish
from services.kit.http import ApiError, Code, FieldError

__all__ = ["ImageOptions", "ImageRequest", "refuse_unoffered"]

MAX_PARTIALS = 3

_QUALITIES = Literal["auto", "low", "medium", "standard", "high", "hd", "xhigh", "max"]

_UNOFFERED: Mapping[str, tuple[tuple[object, ...], str]] = {
    "background": (("auto", "opaque"), "Pictures have an opaque background: use opaque or auto."),
    "moderation": (("auto", "low"), "Use auto or low."),
    "style": ((), "The models served here have no styles: put it into the prompt."),
    "complexity": ((), "The models served here do not know complexity: leave it out."),
    "frame_count": ((), "Animations are not offered here: leave it out."),
    "frame_duration_ms": ((), "Animations are not offered here: leave it out."),
    "svg": ((), "Vector pictures are not offered here: leave it out."),
}
"""Parameters of OpenAI's of which only some values mean anything here. `null` always passes."""


class ImageOptions(BaseModel):
    """What OpenAI's API has no word for."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    negative_prompt: str | None = Field(None, description="What should not be in the picture.")
    steps: int | None = Field(None, description="Denoising steps; wins over `quality`.")
    guidance: float | None = Field(None, description="How closely to follow the prompt.")
    seed: int | None = Field(
        None, description="Of the first image, 0 to 4294967295; the next one has the next seed."
    )
    allow_deferred: bool = Field(
        False,
        description="Rather drawn later than refused for the load: the answer is a 202 without "
        "images then, with the job to follow in `heatsink`.",
    )
    allow_degraded: bool = Field(
        False, description="Rather drawn lighter than refused for the load."
    )


class ImageRequest(BaseModel):
    """OpenAI's request. A parameter that can't be honoured is refused, never ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    prompt: str = Field(
        description=f"What to draw: 1 to {MAX_PROMPT} characters, not only blank ones.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT},
        examples=["a red fox"],
    )
    model: str | None = Field(None, description="An id from `/v1/models`; the first by default.")
    n: int | None = Field(None, description="How many images: 1 to the model's maximum.")
    size: str | None = Field(
        None,
        description="`WIDTHxHEIGHT`, or `auto`: the model's first. Where the model's entry allows "
        "it, any size from 16 to 2048: the nearest is drawn and resized.",
        examples=["auto"],
    )
    quality: _QUALITIES | None = Field(
        None,
        description="Steps, as a share of the model's default: low 0.5; medium, standard and auto "
        "1; high and hd 1.5; xhigh 2; max is all that the model allows.",
    )
    background: str | None = Field(None, description="`opaque` or `auto`.")
    output_format: PictureFormat | None = Field(None, description="`png`.")
    output_compression: int | None = Field(
        None, description="Quality of a webp or jpeg file, 0 to 100 (default); of png, 100."
    )
    moderation: str | None = Field(
        None, description="`auto` or `low`: passes what the operator's list does not always refuse."
    )
    response_format: Literal["b64_json", "url"] | None = Field(
        None, description="`b64_json` (default), or `url`: a signed link that expires."
    )
    stream: bool | None = Field(None, description="Server-sent events instead of one answer.")
    partial_images: int | None = Field(
        None,
        description="Early looks at the first image in a stream: 0 (default) to 3; fewer may come.",
        json_schema_extra={"minimum": 0, "maximum": MAX_PARTIALS},
    )
    style: str | None = Field(None, description="Refused: the models have no styles.")
    complexity: str | None = Field(None, description="Refused.")
    frame_count: int | None = Field(None, description="Refused.")
    frame_duration_ms: int | None = Field(None, description="Refused.")
    svg: dict[str, Any] | None = Field(None, description="Refused.")
    user: str | None = Field(
        None, max_length=512, description="Deprecated: use `safety_identifier`."
    )
    safety_identifier: str | None = Field(
        None,
        max_length=512,
        description="A stable, hashed id of your end user: kept with the job, and echoed.",
    )
    heatsink: ImageOptions | None = Field(None, description="Our own parameters.")

    @property
    def end_user(self) -> str | None:
        return self.safety_identifier or self.user

    @property
    def quality_drawn(self) -> str:
        return "medium" if self.quality in {None, "auto"} else str(self.quality)

    @property
    def own(self) -> ImageOptions:
        return self.heatsink or ImageOptions()

    @property
    def wish(self) -> Wish:
        return self.wish_with()

    def wish_with(self, *, strength: float | None = None) -> Wish:
        own = self.own
        return Wish(
            prompt=self.prompt,
            model=self.model,
            negative_prompt=own.negative_prompt,
            n=self.n,
            size=self.size,
            quality=None if self.quality in {None, "auto"} else Quality(str(self.quality)),
            steps=own.steps,
            guidance=own.guidance,
            seed=own.seed,
            output_format=self.output_format,
            output_compression=self.output_compression,
            previews=self.partial_images,
            strength=strength,
        )


def refuse_unoffered(request: ImageRequest) -> None:
    """Raises ApiError when a parameter asks for what is not offered."""
    errors = [
        _wrong(name, detail)
        for name, (accepted, detail) in _UNOFFERED.items()
        if (value := getattr(request, name)) is not None and value not in accepted
    ]
    if request.stream:
        errors += _unstreamable(request)
    elif request.partial_images:
        errors.append(_wrong("partial_images", "Partial images come in a stream: set `stream`."))
    if errors:
        raise ApiError(errors[0].code, errors[0].detail, errors=errors)


def _unstreamable(request: ImageRequest) -> list[FieldError]:
    found = []
    if not 0 <= (request.partial_images or 0) <= MAX_PARTIALS:
        detail = f"partial_images lies in 0..{MAX_PARTIALS}."
        found.append(FieldError("/partial_images", Code.OUT_OF_RANGE, detail))
    if request.response_format == "url":
        found.append(_wrong("response_format", "A stream carries its images: use b64_json."))
    if request.own.allow_deferred:
        detail = "Nobody can hold a stream open until the fleet has cooled: leave it out."
        found.append(_wrong("heatsink/allow_deferred", detail))
    return found


def _wrong(field: str, detail: str) -> FieldError:
    return FieldError(f"/{field}", Code.INVALID_VALUE, detail)
