"""The answer with pictures, as OpenAI's clients read it, and what we add to it."""

from datetime import datetime

from pydantic import BaseModel, Field

__all__ = [
    "Image",
    "ImageFacts",
    "ImagesResponse",
    "JobFacts",
    "QuotaAfter",
    "TokenDetails",
    "Usage",
]


class ImageFacts(BaseModel):
    seed: int
    width: int
    height: int
    sha256: str
    expires_at: datetime | None = None


class Image(BaseModel):
    b64_json: str | None = None
    url: str | None = None
    heatsink: ImageFacts


class TokenDetails(BaseModel):
    text_tokens: int
    image_tokens: int


class Usage(BaseModel):
    """Estimates: four characters a token; one token for each 16 x 16 pixels drawn."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: TokenDetails
    output_tokens_details: TokenDetails


class QuotaAfter(BaseModel):
    """The plan's quota after this job, in units."""

    plan: str
    window_seconds: int
    used: int
    left: int
    limit: int
    limit_normally: int
    resets_at: datetime


class JobFacts(BaseModel):
    job: str
    model: str
    seeds: list[int]
    steps: int
    drawn_size: str = Field(
        description="What the model drew; brought to `size` where that differs."
    )
    guidance: float
    seconds: float | None = None
    degraded: bool = False
    deferred: bool = False
    expected_at: datetime | None = None
    quota: QuotaAfter | None = None


class ImagesResponse(BaseModel):
    """OpenAI's ImagesResponse; `heatsink` holds what it has no word for."""

    created: int
    data: list[Image]
    background: str = "opaque"
    output_format: str = "png"
    quality: str
    size: str
    safety_identifier: str | None = None
    usage: Usage
    heatsink: JobFacts
