"""JSON bodies read strictly: what two readers could take for two different things is refused."""

import json
import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from services.kit.http.codes import Code
from services.kit.http.problems import ApiError
from services.kit.http.validation import from_validation

__all__ = ["json_of", "parse", "read_json", "read_model"]

M = TypeVar("M", bound=BaseModel)

_SURROGATES = ("\ud800", "\udfff")


async def read_json(request: Request) -> Any:
    """The request's body. Raises ApiError, also where its content type is not JSON."""
    _check_media_type(request)
    return parse(await request.body())


async def read_model(request: Request, model: type[M]) -> M:
    """The request's body as a model, types taken strictly as JSON has them. Raises ApiError."""
    _check_media_type(request)
    raw = await request.body()
    parse(raw)
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False)) from error


def json_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency: the request's body as this model. FastAPI's own reading is too lenient."""

    async def read(request: Request) -> M:
        return await read_model(request, model)

    return read


def parse(raw: bytes) -> Any:
    """One JSON value in UTF-8 and nothing else.

    Raises ApiError: `invalid_json` for what is torn, has trailing garbage, keys twice in an object,
    numbers that are none (NaN, Infinity, 1e400) or nesting without end; `invalid_encoding` for
    broken UTF-8 and lone surrogates; `invalid_character` for NUL.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_ENCODING, f"Byte {error.start} is no UTF-8.") from error
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_float, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        raise ApiError(Code.INVALID_JSON, f"{error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise ApiError(Code.INVALID_JSON, "It is nested too deep.") from error
    except ValueError as error:
        raise ApiError(Code.INVALID_JSON, "It holds a number with too many digits.") from error
    _check_text(text, value)
    return value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ApiError(Code.INVALID_JSON, "An object has the same key twice.")
        made[key] = value
    return made


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _no_number(digits)
    return value


def _no_number(_: str) -> NoReturn:
    raise ApiError(Code.INVALID_JSON, "A number is not finite.")


def _check_text(text: str, value: Any) -> None:
    """Escapes are the only way to what UTF-8 can't carry, so most bodies need no walk."""
    if "\\u" not in text:
        return
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as string:
                _check_string(string)
            case dict() as members:
                waiting += [*members.keys(), *members.values()]
            case list() as items:
                waiting += items
            case _:
                pass


def _check_string(string: str) -> None:
    if any(_SURROGATES[0] <= letter <= _SURROGATES[1] for letter in string):
        raise ApiError(Code.INVALID_ENCODING, "A text holds half of a surrogate pair.")
    if "\0" in string:
        raise ApiError(Code.INVALID_CHARACTER, "A text holds the character NUL.")


def _check_media_type(request: Request) -> None:
    given = request.headers.get("content-type", "")
    media_type = given.partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise ApiError(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
