"""Refusals as RFC 9457 problems, and the handlers that make every error of an app one of them."""

import json
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from services.kit.errors import Unavailable
from services.kit.http.codes import Code
from services.kit.outage import wait_after

__all__ = [
    "ApiError",
    "FieldError",
    "Place",
    "Respond",
    "from_http",
    "from_unavailable",
    "install",
    "problem",
    "problem_response",
    "request_id",
]

PROBLEM_TYPE = "application/problem+json"
_RANDOM = random.SystemRandom()

Place = Literal["body", "query", "path", "header", "cookie"]


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field. `pointer` is a JSON pointer into `place`, such as `/steps`."""

    pointer: str
    code: Code
    detail: str
    place: Place = "body"

    def as_json(self) -> dict[str, str]:
        return {
            "pointer": f"#{self.pointer}",
            "in": self.place,
            "code": self.code.value,
            "detail": self.detail,
        }


class ApiError(HTTPException):
    """A refusal that its caller reads: raise it anywhere in an endpoint.

    `detail` is one sentence for people, without secrets and without another account's data.
    `extensions` are further members of the problem, such as `rule`, `used` or `resets_at`.
    `retry_after` is in seconds and becomes the header, rounded up.
    """

    def __init__(
        self,
        code: Code,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(code.status, detail or code.summary, dict(headers or {}))
        self.code = code
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.extensions = extensions

    @classmethod
    def of_field(cls, pointer: str, code: Code, detail: str) -> Self:
        """What is wrong is one field of the body, by its JSON pointer."""
        return cls(code, detail, errors=[FieldError(pointer, code, detail)])

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers that its answer has, whatever the body looks like."""
        made = {"Cache-Control": "no-store"}
        if self.retry_after is not None:
            made["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.code.status == 401:  # noqa: PLR2004 - the one status that needs the header
            made["WWW-Authenticate"] = 'Bearer realm="heatsink"'
        return made | dict(self.headers or {})


Respond = Callable[[Scope, ApiError], Response]
"""Writes an error in the form that the caller of this scope expects."""


def problem(error: ApiError, request_id: str | None) -> dict[str, Any]:
    """The error as RFC 9457 has it; `type` is an URN that names the code."""
    body: dict[str, Any] = {
        "type": f"urn:heatsink:problem:{error.code.value}",
        "title": error.code.summary,
        "status": error.code.status,
        "code": error.code.value,
        "detail": error.detail,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = [item.as_json() for item in error.errors]
    return {**error.extensions, **body}


def problem_response(scope: Scope, error: ApiError) -> Response:
    return Response(
        json.dumps(problem(error, request_id(scope)), ensure_ascii=False, default=str),
        status_code=error.code.status,
        headers=error.all_headers,
        media_type=PROBLEM_TYPE,
    )


def request_id(scope: Scope) -> str | None:
    """The id that the middleware gave this request."""
    state: Mapping[str, Any] = scope.get("state", {})
    found = state.get("request_id")
    return found if isinstance(found, str) else None


def install(app: Starlette, respond: Respond = problem_response) -> None:
    """Answers all errors of this app by `respond`, unexpected ones without a word about them."""

    async def api_error(request: Request, error: Exception) -> Response:
        return respond(request.scope, _as_api_error(error))

    handler: Callable[[Request, Exception], Awaitable[Response]] = api_error
    for kind in (HTTPException, Unavailable, Exception):
        app.add_exception_handler(kind, handler)


def from_http(error: HTTPException) -> ApiError:
    """The framework's own refusals in our words; its headers (`Allow`) are kept."""
    code = _BY_STATUS.get(error.status_code)
    if code is None:
        code = Code.BAD_REQUEST if error.status_code < 500 else Code.INTERNAL_ERROR  # noqa: PLR2004 - the border between theirs and ours
    return ApiError(code, headers=error.headers)


def from_unavailable(error: Unavailable, detail: str | None = None, **extensions: Any) -> ApiError:
    """A 503 that clients may repeat by themselves, and when: see `wait_after`."""
    return ApiError(
        _BY_PART.get(error.part, Code.UNAVAILABLE),
        detail,
        headers={"x-should-retry": "true"},
        retry_after=wait_after(error.lasting, _RANDOM.random()),
        **extensions,
    )


def _as_api_error(error: Exception) -> ApiError:
    match error:
        case ApiError():
            return error
        case HTTPException():
            return from_http(error)
        case Unavailable():
            return from_unavailable(error)
        case _:
            return ApiError(Code.INTERNAL_ERROR)


_BY_STATUS = {
    401: Code.AUTHENTICATION_REQUIRED,
    403: Code.INSUFFICIENT_SCOPE,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    406: Code.NOT_ACCEPTABLE,
    408: Code.BODY_TIMEOUT,
    413: Code.BODY_TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    429: Code.TOO_MANY_REQUESTS,
    431: Code.HEADERS_TOO_LARGE,
    503: Code.UNAVAILABLE,
}

_BY_PART = {
    "database": Code.STORAGE_UNAVAILABLE,
    "bus": Code.EVENT_BUS_UNAVAILABLE,
    "blobs": Code.BLOB_STORE_UNAVAILABLE,
    "admission": Code.ADMISSION_UNAVAILABLE,
    "seats": Code.OVERLOADED,
}
