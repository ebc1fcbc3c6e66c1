"""Exceptions as text fit for logs: where and what, without the values that were at hand."""

import traceback
from collections.abc import Iterator
from typing import Any

from services.kit.telemetry.redaction import mask

__all__ = ["describe", "render"]

_LONGEST_MESSAGE = 500
_DEEPEST = 6


def describe(error: BaseException) -> str:
    """Type and message in one line.

    Errors of validation quote the input, a prompt perhaps: of those only place and kind are told.
    """
    return f"{type(error).__qualname__}: {_message(error)}".rstrip(": ")


def render(error: BaseException, depth: int = 0) -> str:
    """The whole story: stack, causes and, for groups, each of their exceptions."""
    return "\n".join(_parts(error, depth))


def _parts(error: BaseException, depth: int) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and depth < _DEEPEST:
        yield render(before, depth + 1)
        yield "which led to:"
    if error.__traceback__:
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield describe(error)
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        for number, inner in enumerate(error.exceptions, start=1):
            yield f"{number} of {len(error.exceptions)} in the group:"
            yield render(inner, depth + 1)


def _message(error: BaseException) -> str:
    listing = getattr(error, "errors", None)
    if callable(listing):
        return "; ".join(_problem(item) for item in listing()[:5])
    return mask(str(error))[:_LONGEST_MESSAGE]


def _problem(item: Any) -> str:
    if not isinstance(item, dict):
        return type(item).__qualname__
    place = ".".join(str(part) for part in item.get("loc", ())) or "body"
    return f"{place}: {item.get('type', 'invalid')}"
