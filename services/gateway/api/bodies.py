"""JSON bodies: read strictly by the kit, and written into the OpenAPI document by us."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from services.kit.http.json_body import read_model

__all__ = ["documented_body", "documented_form", "json_of"]

M = TypeVar("M", bound=BaseModel)


def json_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency: the request's body as this model. FastAPI's own reading is too lenient."""

    async def read(request: Request) -> M:
        return await read_model(request, model)

    return read


def documented_body(model: type[BaseModel]) -> dict[str, Any]:
    return _documented(model, "application/json")


def documented_form(model: type[BaseModel]) -> dict[str, Any]:
    return _documented(model, "multipart/form-data")


def _documented(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
