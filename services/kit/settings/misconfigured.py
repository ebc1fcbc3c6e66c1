"""How a process says that what it was given can't work: one line, exit 78."""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ["first_problem", "misconfigured"]

MISCONFIGURED = os.EX_CONFIG
"""78, the exit status of a configuration error (sysexits.h)."""

_OWN_WORDS = {"missing": "is not set", "extra_forbidden": "is not known here"}


def misconfigured(line: str) -> NoReturn:
    """Writes the line on standard error and ends the process with 78."""
    sys.stderr.write(f"heatsink: {' '.join(line.split())}\n")
    sys.stderr.flush()
    raise SystemExit(MISCONFIGURED)


def first_problem(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """Where the first problem lies and what it is, in words that repeat no value."""
    details: Sequence[ErrorDetails] = error.errors(include_input=False, include_url=False)
    first = details[0]
    return first["loc"], _reason(first)


def _reason(details: ErrorDetails) -> str:
    context: dict[str, Any] = details.get("ctx", {})
    if details["type"] == "value_error":
        return str(context["error"])
    words = _OWN_WORDS.get(details["type"], details["msg"])
    return words[0].lower() + words[1:]
