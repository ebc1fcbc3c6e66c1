"""One refusal, two spellings: OpenAI's envelope on its routes, RFC 9457 problems on ours."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from services.kit.http import ApiError, Code, problem_response
from services.kit.http.documented import is_of_field

__all__ = ["envelope", "openai_status", "respond", "speaks_openai"]

_OPENAI_PREFIXES = ("/v1/images", "/v1/models")

_CODES: Mapping[Code, str] = {
    Code.UNKNOWN_FIELD: "unknown_parameter",
    Code.MISSING_FIELD: "missing_required_parameter",
    Code.INVALID_CHARACTER: "invalid_value",
    Code.OUT_OF_RANGE: "invalid_value",
    Code.TOO_LONG: "invalid_value",
    Code.PROMPT_EMPTY: "invalid_value",
    Code.PROMPT_TOO_LONG: "invalid_value",
    Code.INVALID_SIZE: "invalid_value",
    Code.INVALID_MODEL_ID: "model_not_found",
    Code.QUOTA_EXHAUSTED: "rate_limit_exceeded",
    Code.LOAD_SHED: "rate_limit_exceeded",
    Code.CONCURRENCY_LIMIT: "rate_limit_exceeded",
    Code.QUEUE_FULL: "rate_limit_exceeded",
    Code.REQUEST_TOO_LARGE: "rate_limit_exceeded",
    Code.TOO_MANY_AUTH_FAILURES: "rate_limit_exceeded",
    Code.TOO_MANY_REQUESTS: "rate_limit_exceeded",
    Code.CONTENT_REFUSED: "moderation_blocked",
}
"""Where OpenAI has a word of its own; elsewhere ours stands."""

_TYPES: Mapping[Code, str] = {
    Code.QUOTA_EXHAUSTED: "images",
    Code.LOAD_SHED: "images",
    Code.CONCURRENCY_LIMIT: "images",
    Code.QUEUE_FULL: "images",
    Code.REQUEST_TOO_LARGE: "images",
    Code.TOO_MANY_AUTH_FAILURES: "requests",
    Code.TOO_MANY_REQUESTS: "requests",
    Code.RENDER_FAILED: "image_generation_server_error",
    Code.RENDER_TIMEOUT: "image_generation_server_error",
    Code.CONTENT_REFUSED: "image_generation_user_error",
}


def speaks_openai(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _OPENAI_PREFIXES)


def respond(scope: Scope, error: ApiError) -> Response:
    """The error as the caller of this path reads errors."""
    if not speaks_openai(scope.get("path", "")):
        return problem_response(scope, error)
    return Response(
        json.dumps(envelope(error), ensure_ascii=False, default=str),
        status_code=openai_status(error.code),
        headers=error.all_headers,
        media_type="application/json",
    )


def openai_status(code: Code) -> int:
    """OpenAI answers 400 to bad fields and 404 to any model that it doesn't have."""
    if code is Code.INVALID_MODEL_ID:
        return Code.MODEL_NOT_FOUND.status
    return Code.BAD_REQUEST.status if is_of_field(code) else code.status


def envelope(error: ApiError) -> dict[str, Any]:
    """The facts of a refusal ride in the error object, where OpenAI's clients keep them.

    `problem` is our own code, which says more than OpenAI's word where they differ.
    """
    first = error.errors[0] if error.errors else None
    code = first.code if first else error.code
    made: dict[str, Any] = {
        "message": first.detail if first else error.detail,
        "type": _TYPES.get(code, _type_by_status(code.status)),
        "param": first.pointer.strip("/").replace("/", ".") if first else None,
        "code": _CODES.get(code, code.value),
        "problem": code.value,
    }
    return {"error": {**error.extensions, **made}}


def _type_by_status(status: int) -> str:
    return "server_error" if status >= Code.INTERNAL_ERROR.status else "invalid_request_error"
