"""Multipart forms, in all the shapes that clients send them."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.kit.http import ApiError, Code, FieldError

__all__ = ["Form", "read_form"]

_MOST_FILES = 18
_MOST_FIELDS = 64
_LONGEST_FIELD = 256 * 1024


@dataclass(frozen=True)
class Form:
    """`fields` as a JSON body would have them, but all values text; `files` by name.

    `heatsink[seed]` is the member `seed` of `heatsink`; `image[]` is one of several `image`.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, list[UploadFile]] = field(default_factory=dict)


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[Form]:
    """Large files lie on disk for the time of the block. Raises ApiError."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise ApiError(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as multipart/form-data.")
    reading = request.form(
        max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
    )
    try:
        raw = await reading
    except HTTPException as error:
        raise ApiError(Code.INVALID_FORM, str(error.detail)) from error
    try:
        yield _form(raw.multi_items())
    finally:
        await raw.close()


def _form(items: list[tuple[str, UploadFile | str]]) -> Form:
    fields: dict[str, Any] = {}
    files: defaultdict[str, list[UploadFile]] = defaultdict(list)
    for name, value in items:
        if isinstance(value, UploadFile):
            files[name.removesuffix("[]")].append(value)
        else:
            _put(fields, name, value)
    return Form(fields, dict(files))


def _put(fields: dict[str, Any], name: str, value: str) -> None:
    if "\0" in value or "\0" in name:
        raise ApiError(Code.INVALID_CHARACTER, "A field holds the character NUL.")
    outer, opened, inner = name.partition("[")
    holder: Any = fields
    if opened:
        holder = fields.setdefault(outer, {})
        name = inner.removesuffix("]")
    if not isinstance(holder, dict) or name in holder:
        pointer = f"/{outer[:100]}"
        found = FieldError(pointer, Code.INVALID_FORM, "It is there twice.")
        raise ApiError(Code.INVALID_FORM, f"{outer[:100]} is there twice.", errors=[found])
    holder[name] = value
