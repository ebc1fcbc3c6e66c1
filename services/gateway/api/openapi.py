"""The OpenAPI document: what FastAPI knows, and what our own reading of bodies and keys adds."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.account_bodies import (
    AccountChange,
    AccountOpening,
    KeyRequest,
    KeyRotation,
)
from services.gateway.api.batch_body import BatchRequest
from services.gateway.api.documented import OpenAIError, Problem
from services.gateway.api.edit_request import EditRequest
from services.gateway.api.image_request import ImageRequest
from services.gateway.api.job_request import JobRequest
from services.gateway.api.submission_tokens import TokenRequest
from services.gateway.api.uploads import UploadForm

__all__ = ["document"]

_OURS: tuple[type[BaseModel], ...] = (
    AccountChange,
    AccountOpening,
    BatchRequest,
    EditRequest,
    ImageRequest,
    JobRequest,
    KeyRequest,
    KeyRotation,
    OpenAIError,
    Problem,
    TokenRequest,
    UploadForm,
)
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
_KEY = {"apiKey": list[str]()}
_PUBLIC: dict[str, list[dict[str, list[str]]]] = {
    "getLimits": [{}, _KEY],
    "getPicture": [],
}
_DESCRIPTION = """Image generation with quotas that follow the heat of the fleet.

Every refusal has a stable code. On `/v1/images*` and `/v1/models*` it comes in OpenAI's envelope,
elsewhere as an RFC 9457 problem. Every answer has an `X-Request-Id`."""


def document(app: FastAPI, *, version: str, server: str) -> dict[str, Any]:
    made = get_openapi(
        title="Heatsink",
        version=version,
        openapi_version=app.openapi_version,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": server}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(_own_schemas())
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key: `Authorization: Bearer hs_live_…`.",
        }
    }
    for operation in _operations(made):
        _forget_fastapis_422(operation)
        operation["security"] = _PUBLIC.get(operation["operationId"], [_KEY])
    return made


def _own_schemas() -> dict[str, Any]:
    _, made = models_json_schema(
        [(model, "validation") for model in _OURS], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = made["$defs"]
    return definitions


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in made["paths"].values():
        yield from path.values()


def _forget_fastapis_422(operation: dict[str, Any]) -> None:
    """FastAPI promises its own form of refusal wherever there are parameters; ours differs."""
    content = operation["responses"].get("422", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del operation["responses"]["422"]
