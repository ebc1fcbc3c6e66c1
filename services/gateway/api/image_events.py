"""The events of a stream of images, as OpenAI's clients read them.

No other event, no `id:` and no `retry:`: each of those breaks their readers. Comments keep the
connection alive, and an event with an `error` in it ends in an exception of the client's.
"""

import json
from typing import Any

from pydantic import BaseModel

from services.gateway.api.errors import envelope
from services.gateway.api.image_response import ImageFacts, JobFacts, Usage
from services.kit.http import ApiError

__all__ = ["ALIVE", "Completed", "Partial", "event", "failure"]

ALIVE = b": waiting\n\n"


class _Shown(BaseModel):
    type: str
    b64_json: str
    created_at: int
    size: str
    quality: str
    background: str = "opaque"
    output_format: str


class Partial(_Shown):
    """`type` is `image_generation.partial_image` or `image_edit.partial_image`."""

    partial_image_index: int


class Completed(_Shown):
    """One for each image of the job; `image_index` is ours, as `heatsink` is."""

    image_index: int
    usage: Usage
    safety_identifier: str | None = None
    heatsink: JobFacts
    image: ImageFacts


def event(shown: Partial | Completed) -> bytes:
    return _framed(shown.type, shown.model_dump(mode="json", exclude_none=True))


def failure(error: ApiError) -> bytes:
    return _framed("error", envelope(error))


def _framed(kind: str, content: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(content, default=str)}\n\n".encode()
