"""What a route may be sent and may refuse, for the OpenAPI document: each code with an example."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.kit.http.codes import Code
from services.kit.http.problems import PROBLEM_TYPE, ApiError, FieldError, problem

__all__ = [
    "BODY",
    "FORM",
    "KEY",
    "PROBLEM",
    "Form",
    "Problem",
    "answers",
    "documented_body",
    "documented_form",
    "is_of_field",
]

_ALWAYS = (Code.CREDENTIALS_IN_URL, Code.INTERNAL_ERROR, Code.OVERLOADED)

KEY = (
    Code.AMBIGUOUS_CREDENTIALS,
    Code.AUTHENTICATION_REQUIRED,
    Code.INVALID_API_KEY,
    Code.API_KEY_REVOKED,
    Code.API_KEY_EXPIRED,
    Code.ACCOUNT_SUSPENDED,
    Code.INSUFFICIENT_SCOPE,
    Code.STORAGE_UNAVAILABLE,
)
"""Of routes that need a key."""

_SENT = (
    Code.BAD_REQUEST,
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

BODY = (Code.INVALID_JSON, Code.INVALID_ENCODING, *_SENT)
"""Of routes that read JSON."""

FORM = (Code.INVALID_FORM, *_SENT)
"""Of routes that read a form."""

_REQUEST_ID = "req_0193a1b2c3d47e8f9a0b1c2d3e4f5a6b"


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


@dataclass(frozen=True)
class Form:
    """How a service spells refusals: the schema of one, its status, and one as an example."""

    media_type: str
    schema: type[BaseModel]
    status: Callable[[Code], int]
    spell: Callable[[ApiError], dict[str, Any]]


PROBLEM = Form(
    PROBLEM_TYPE, Problem, lambda code: code.status, lambda error: problem(error, _REQUEST_ID)
)


def answers(*codes: Code, form: Form = PROBLEM) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for a route that may refuse with these codes."""
    by_status: defaultdict[int, list[Code]] = defaultdict(list)
    for code in dict.fromkeys((*_ALWAYS, *codes)):
        by_status[form.status(code)].append(code)
    return {status: _answer(group, form) for status, group in sorted(by_status.items())}


def documented_body(model: type[BaseModel]) -> dict[str, Any]:
    """FastAPI's `openapi_extra` for a route that reads this model from JSON by itself."""
    return _documented(model, "application/json")


def documented_form(model: type[BaseModel]) -> dict[str, Any]:
    return _documented(model, "multipart/form-data")


def is_of_field(code: Code) -> bool:
    """Whether it is told with the fields that are wrong."""
    return code.status == Code.INVALID_VALUE.status and code is not Code.IDEMPOTENCY_KEY_REUSED


def _answer(codes: Iterable[Code], form: Form) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{form.schema.__name__}"}
    examples = {code.value: {"value": form.spell(_example(code))} for code in codes}
    return {
        "description": "; ".join(f"`{code.value}`: {code.summary}" for code in codes),
        "content": {form.media_type: {"schema": schema, "examples": examples}},
    }


def _example(code: Code) -> ApiError:
    errors = [FieldError("/prompt", code, code.summary)] if is_of_field(code) else []
    return ApiError(code, errors=errors)


def _documented(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
