"""JSON bodies and forms as the OpenAPI document tells them: it is written by us."""

from typing import Any

from pydantic import BaseModel

__all__ = ["documented_body", "documented_form"]


def documented_body(model: type[BaseModel]) -> dict[str, Any]:
    return _documented(model, "application/json")


def documented_form(model: type[BaseModel]) -> dict[str, Any]:
    return _documented(model, "multipart/form-data")


def _documented(model: type[BaseModel], media_type: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
