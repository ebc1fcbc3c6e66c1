"""What pydantic found wrong, in the words of the table of codes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast, get_args

from services.kit.http.codes import Code
from services.kit.http.problems import ApiError, FieldError, Place

__all__ = ["from_validation"]

_MOST = 20
_LONGEST_NAME = 100
_PLACES = frozenset(get_args(Place))


def from_validation(errors: Iterable[Mapping[str, Any]]) -> ApiError:
    """One refusal that names every wrong field; its code is the first one's.

    Takes `ValidationError.errors()` of a model (places: the body) or of FastAPI's parameters. A
    custom error whose type is a code of the table keeps that code.
    """
    found = [_field_error(error) for error in list(errors)[:_MOST]]
    if any(item.place == "path" for item in found):
        return ApiError(Code.NOT_FOUND)
    first = found[0]
    if first.pointer == "" and first.code is Code.MISSING_FIELD:
        return ApiError(Code.INVALID_JSON, "A JSON body is needed.")
    name = first.pointer.removeprefix("/") or "The body"
    return ApiError(first.code, f"{name}: {first.detail}.", errors=found)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place, path = _place(error["loc"])
    code = _code(error["type"], place, str(path[-1]) if path else "")
    return FieldError(_pointer(path), code, _detail(error), place)


def _place(location: Sequence[int | str]) -> tuple[Place, Sequence[int | str]]:
    if location and location[0] in _PLACES:
        return cast("Place", location[0]), location[1:]
    return "body", location


def _pointer(path: Sequence[int | str]) -> str:
    """RFC 6901; names come from the client, so they are cut to a length."""
    return "".join(
        f"/{str(part)[:_LONGEST_NAME].replace('~', '~0').replace('/', '~1')}" for part in path
    )


def _code(kind: str, place: Place, field: str) -> Code:
    if kind.upper() in Code.__members__:
        return Code.named(kind)
    if (field, kind) in _BY_FIELD:
        return _BY_FIELD[field, kind]
    if place != "body" and kind.endswith("_parsing"):
        return Code.OUT_OF_RANGE
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    return Code.INVALID_TYPE if kind.endswith(("_type", "_parsing")) else Code.INVALID_VALUE


def _detail(error: Mapping[str, Any]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind in _WORDS:
        return _WORDS[kind]
    for theirs, ours in (("Input should be", "must be"), ("should have", "must have")):
        message = message.replace(theirs, ours)
    return message[:1].lower() + message[1:].rstrip(".")


_WORDS = {
    "extra_forbidden": "there is no such field",
    "missing": "is required",
    "finite_number": "must be a finite number",
}

_BY_FIELD = {
    ("prompt", "string_too_long"): Code.PROMPT_TOO_LONG,
    ("prompt", "string_too_short"): Code.PROMPT_EMPTY,
    ("negative_prompt", "string_too_long"): Code.PROMPT_TOO_LONG,
}

_BY_KIND = {
    "missing": Code.MISSING_FIELD,
    "extra_forbidden": Code.UNKNOWN_FIELD,
    "json_invalid": Code.INVALID_JSON,
    "greater_than": Code.OUT_OF_RANGE,
    "greater_than_equal": Code.OUT_OF_RANGE,
    "less_than": Code.OUT_OF_RANGE,
    "less_than_equal": Code.OUT_OF_RANGE,
    "multiple_of": Code.OUT_OF_RANGE,
    "finite_number": Code.OUT_OF_RANGE,
    "int_from_float": Code.INVALID_TYPE,
    "too_long": Code.TOO_LONG,
    "string_too_long": Code.TOO_LONG,
    "bytes_too_long": Code.TOO_LONG,
}
