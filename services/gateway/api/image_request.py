"""`POST /v1/images/generations`: OpenAI's parameters, each honoured or refused."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.core.spec import MAX_PROMPT, Quality, Wish
from services.kit.http import ApiError, Code, FieldError

__all__ = ["ImageRequest", "refuse_unoffered"]

_QUALITIES = Literal["auto", "low", "medium", "standard", "high", "hd", "xhigh", "max"]

_UNOFFERED: Mapping[str, tuple[tuple[object, ...], str]] = {
    "background": (("auto", "opaque"), "Pictures have an opaque background: use opaque or auto."),
    "output_format": (("png",), "Pictures are PNG files: use png."),
    "output_compression": ((100,), "PNG loses nothing: use 100, or leave it out."),
    "moderation": (("auto", "low"), "Use auto or low."),
    "stream": ((False,), "Streaming is not offered here yet: leave it out, or send false."),
    "partial_images": ((0,), "Partial images need streaming, which is not offered here yet."),
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
        description="One of the model's sizes as `WIDTHxHEIGHT`, or `auto`: the model's first.",
        examples=["auto"],
    )
    quality: _QUALITIES | None = Field(
        None,
        description="Steps, as a share of the model's default: low 0.5; medium, standard and auto "
        "1; high and hd 1.5; xhigh 2; max is all that the model allows.",
    )
    background: str | None = Field(None, description="`opaque` or `auto`.")
    output_format: str | None = Field(None, description="`png`.")
    output_compression: int | None = Field(None, description="100: PNG loses nothing.")
    moderation: str | None = Field(
        None, description="`auto` or `low`; no moderation is installed, so both draw the same."
    )
    response_format: Literal["b64_json", "url"] | None = Field(
        None, description="`b64_json` (default), or `url`: a signed link that expires."
    )
    stream: bool | None = Field(None, description="`false`.")
    partial_images: int | None = Field(None, description="0.")
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
    def own(self) -> ImageOptions:
        return self.heatsink or ImageOptions()

    @property
    def wish(self) -> Wish:
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
        )


def refuse_unoffered(request: ImageRequest) -> None:
    """Raises ApiError when a parameter asks for what is not offered."""
    errors = [
        FieldError(f"/{name}", Code.INVALID_VALUE, detail)
        for name, (accepted, detail) in _UNOFFERED.items()
        if (value := getattr(request, name)) is not None and value not in accepted
    ]
    if errors:
        raise ApiError(Code.INVALID_VALUE, errors[0].detail, errors=errors)
