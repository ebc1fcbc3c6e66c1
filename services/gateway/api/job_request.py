"""Our own way to ask for pictures: `POST /v1/jobs`, and what batches share with it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.contracts import PictureFormat
from services.gateway.core.spec import LEAST_STRENGTH, MAX_PREVIEWS, MAX_PROMPT, STRENGTH, Wish

__all__ = ["JobRequest", "RenderRequest"]

_WISHED = {
    "model",
    "negative_prompt",
    "n",
    "size",
    "steps",
    "guidance",
    "seed",
    "previews",
    "strength",
    "output_format",
    "output_compression",
}
"""The photos become part of a wish once they are read."""


class RenderRequest(BaseModel):
    """How to draw. What is left out gets the model's default."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    model: str | None = Field(None, description="An id from `/v1/models`; the first by default.")
    negative_prompt: str | None = Field(
        None,
        description="What should not be in the picture.",
        json_schema_extra={"maxLength": MAX_PROMPT},
    )
    n: int | None = Field(None, description="How many images: 1 to the model's maximum.")
    size: str | None = Field(
        None,
        description="`WIDTHxHEIGHT`, or `auto`: the model's first. Where the model's entry allows "
        "it, any size from 16 to 2048: the nearest is drawn and resized.",
        examples=["auto"],
    )
    steps: int | None = Field(None, description="Denoising steps, within the model's range.")
    guidance: float | None = Field(None, description="How closely to follow the prompt.")
    seed: int | None = Field(
        None, description="Of the first image, 0 to 4294967295; the next one has the next seed."
    )
    previews: int | None = Field(
        None,
        description=f"Early looks at the first image while it is drawn: 0 to {MAX_PREVIEWS}.",
    )

    image: str | None = Field(
        None,
        description="A photo to begin with: an id from `/v1/uploads`, or a PNG, JPEG or WebP file "
        "in base64 (a data URL is read too), as far as the body may be long.",
    )
    mask: str | None = Field(
        None,
        description="Where to paint the photo anew: the `mask` of an upload, or a file of the "
        "photo's size in base64, transparent there.",
    )
    strength: float | None = Field(
        None,
        description=f"How far from the photo the picture may go, {LEAST_STRENGTH} to 1 "
        f"({STRENGTH}); that share of the steps is taken.",
    )

    output_format: PictureFormat | None = Field(None, description="`png`.")
    output_compression: int | None = Field(
        None, description="Quality of a webp or jpeg file, 0 to 100 (default); of png, 100."
    )

    allow_deferred: bool = Field(
        False,
        description="Rather drawn later, when the fleet has cooled, than refused for its load.",
    )
    allow_degraded: bool = Field(
        False,
        description="Rather drawn lighter than refused for the load, or deferred: with fewer "
        "steps, or smaller, as the model's entry in the catalogue says.",
    )

    def wish_for(self, prompt: str) -> Wish:
        return Wish(prompt, **self.model_dump(include=_WISHED))


class JobRequest(RenderRequest):
    """What is left out gets the model's default."""

    prompt: str = Field(
        description=f"What to draw: 1 to {MAX_PROMPT} characters, not only blank ones.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT},
        examples=["a red fox"],
    )
    start_by: AwareDatetime | None = Field(
        None, description="The job is cancelled, and costs nothing, if it has not begun by then."
    )

    @property
    def wish(self) -> Wish:
        return self.wish_for(self.prompt)
