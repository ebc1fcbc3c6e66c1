"""Which refusals gateway's routes have in common, and OpenAI's form of one."""

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.api.errors import envelope, openai_status
from services.kit.http import Code
from services.kit.http import documented as common

__all__ = ["DRAWING", "FORM", "KEY", "OPENAI", "PHOTO", "OpenAIError"]

KEY = (*common.KEY, Code.TOO_MANY_AUTH_FAILURES)
"""Of routes that need a key."""

PHOTO = (
    Code.IMAGE_UNREADABLE,
    Code.IMAGE_TYPE_NOT_ALLOWED,
    Code.IMAGE_TOO_MANY_PIXELS,
    Code.IMAGE_DIMENSIONS,
    Code.IMAGE_ANIMATED,
    Code.IMAGE_DECODE_TIMEOUT,
    Code.BLOB_STORE_UNAVAILABLE,
)
"""Of routes that read a photo."""

FORM = (*common.FORM, *PHOTO)
"""Of routes that read a form with photos."""

DRAWING = (
    Code.OUT_OF_RANGE,
    Code.PROMPT_EMPTY,
    Code.PROMPT_TOO_LONG,
    Code.INVALID_SIZE,
    Code.INVALID_MODEL_ID,
    Code.MODEL_NOT_FOUND,
    Code.INVALID_IDEMPOTENCY_KEY,
    Code.IDEMPOTENCY_KEY_REUSED,
    Code.CONTENT_REFUSED,
    Code.UNAVAILABLE,
    Code.QUOTA_EXHAUSTED,
    Code.LOAD_SHED,
    Code.CONCURRENCY_LIMIT,
    Code.REQUEST_TOO_LARGE,
    Code.UNKNOWN_PLAN,
    Code.EVENT_BUS_UNAVAILABLE,
    Code.ADMISSION_UNAVAILABLE,
)
"""Of routes that make a job."""


class _OpenAIErrorObject(BaseModel):
    model_config = ConfigDict(extra="allow")

    message: str
    type: str
    param: str | None = None
    code: str | None = None
    problem: str = Field(description="Our own word, where OpenAI's says less.")


class OpenAIError(BaseModel):
    """OpenAI's envelope. Quota's facts ride in the error object."""

    error: _OpenAIErrorObject


OPENAI = common.Form("application/json", OpenAIError, openai_status, envelope)
