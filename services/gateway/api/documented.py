"""Which refusals a route may give, for the OpenAPI document: every code with an example."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.api.errors import envelope, openai_status
from services.kit.http import ApiError, Code, FieldError, problem

__all__ = ["BODY", "DRAWING", "FORM", "KEY", "PHOTO", "OpenAIError", "Problem", "answers"]

_ALWAYS = (Code.CREDENTIALS_IN_URL, Code.INTERNAL_ERROR, Code.OVERLOADED)

KEY = (
    Code.AMBIGUOUS_CREDENTIALS,
    Code.AUTHENTICATION_REQUIRED,
    Code.INVALID_API_KEY,
    Code.API_KEY_REVOKED,
    Code.API_KEY_EXPIRED,
    Code.ACCOUNT_SUSPENDED,
    Code.INSUFFICIENT_SCOPE,
    Code.TOO_MANY_AUTH_FAILURES,
    Code.STORAGE_UNAVAILABLE,
)
"""Of routes that need a key."""

_SENT = (
    Code.BODY_TIMEOUT,
    Code.BODY_TOO_LARGE,
    Code.UNSUPPORTED_MEDIA_TYPE,
    Code.UNSUPPORTED_CONTENT_ENCODING,
    Code.INVALID_CHARACTER,
    Code.UNKNOWN_FIELD,
    Code.MISSING_FIELD,
    Code.INVALID_TYPE,
    Code.INVALID_VALUE,
    Code.TOO_LONG,
)
"""Of whatever sends a body."""

BODY = (
    Code.BAD_REQUEST,
    Code.INVALID_JSON,
    Code.INVALID_ENCODING,
    *_SENT,
)
"""Of routes that read JSON."""

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

FORM = (
    Code.BAD_REQUEST,
    Code.INVALID_FORM,
    *_SENT,
    *PHOTO,
)
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

_REQUEST_ID = "req_0193a1b2c3d47e8f9a0b1c2d3e4f5a6b"
_FIELD_STATUS = Code.INVALID_VALUE.status


class _FieldProblem(BaseModel):
    pointer: str = Field(examples=["#/steps"])
    place: str = Field(alias="in", examples=["body"])
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457. Some codes add members, such as `rule`, `used` and `resets_at`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str = Field(description="A stable word: switch on it.")
    detail: str
    request_id: str | None
    errors: list[_FieldProblem] | None = None


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


def answers(*codes: Code, openai: bool = False) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for a route that may refuse with these codes."""
    by_status: defaultdict[int, list[Code]] = defaultdict(list)
    for code in dict.fromkeys((*_ALWAYS, *codes)):
        by_status[openai_status(code) if openai else code.status].append(code)
    return {status: _answer(group, openai=openai) for status, group in sorted(by_status.items())}


def _answer(codes: Iterable[Code], *, openai: bool) -> dict[str, Any]:
    media_type = "application/json" if openai else "application/problem+json"
    schema = OpenAIError if openai else Problem
    return {
        "description": "; ".join(f"`{code.value}`: {code.summary}" for code in codes),
        "content": {
            media_type: {
                "schema": {"$ref": f"#/components/schemas/{schema.__name__}"},
                "examples": {
                    code.value: {"value": _example(code, openai=openai)} for code in codes
                },
            }
        },
    }


def _example(code: Code, *, openai: bool) -> dict[str, Any]:
    is_field = code.status == _FIELD_STATUS and code is not Code.IDEMPOTENCY_KEY_REUSED
    errors = [FieldError("/prompt", code, code.summary)] if is_field else []
    error = ApiError(code, errors=errors)
    return envelope(error) if openai else problem(error, _REQUEST_ID)
