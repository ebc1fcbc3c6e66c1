"""An OpenAPI document: what FastAPI knows, and what our own reading of bodies and keys adds.

Only services with the FastAPI extra import this module.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

__all__ = ["KEYED", "Security", "describe"]

Security = list[dict[str, list[str]]]

KEYED: Security = [{"apiKey": []}]
"""By a key and not otherwise."""

_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
_SCHEMES = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer hs_live_…`.",
    }
}


def describe(
    app: FastAPI,
    models: Iterable[type[BaseModel]],
    *,
    otherwise: Mapping[str, Security],
    servers: list[dict[str, Any]] | None = None,
) -> None:
    """Gives the app its document. `models` are those FastAPI doesn't know of: bodies, refusals.

    `otherwise` has the security of operations that are not `KEYED`, by operation id.
    """
    made = cache(partial(_document, app, models, otherwise, servers))
    app.openapi = made  # type: ignore[method-assign] # how FastAPI lets it be replaced


def _document(
    app: FastAPI,
    models: Iterable[type[BaseModel]],
    otherwise: Mapping[str, Security],
    servers: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=app.routes,
        servers=servers,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(_schemas(models))
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = _SCHEMES
    for operation in _operations(made):
        _forget_fastapis_422(operation)
        operation["security"] = otherwise.get(operation["operationId"], KEYED)
    return made


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    _, made = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
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
