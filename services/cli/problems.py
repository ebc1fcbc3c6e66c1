"""What can go wrong for the user of a command, each with its exit code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import typer
from rich.console import Console

from services.cli.exits import Exit
from services.cli.parts import PartError
from services.kit.errors import KitError

__all__ = ["CommandProblem", "JobEnded", "NoSystem", "Refusal", "problems_told"]


class CommandProblem(Exception):
    """Ends a command with one line on stderr. `code` is the exit code."""

    code = Exit.FAILED


class NoSystem(CommandProblem):
    """There is no Heatsink to speak to."""

    code = Exit.UNAVAILABLE


class JobEnded(CommandProblem):
    """The job ended without a picture. `job` is its body."""

    def __init__(self, job: Mapping[str, Any], detail: str, code: Exit) -> None:
        super().__init__(detail)
        self.job = job
        self.code = code


class Refusal(CommandProblem):
    """The API said no. `body` is the problem as it came."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(body.get("detail") or body.get("title") or f"HTTP {status}")
        self.status = status
        self.body = body
        self.code = _CODES.get(status, Exit.BAD_REQUEST if status < _SERVER else Exit.UNAVAILABLE)


_SERVER = 500
_CODES = {
    401: Exit.NO_PERMISSION,
    403: Exit.NO_PERMISSION,
    404: Exit.NOT_FOUND,
    429: Exit.REFUSED,
}


@contextmanager
def problems_told() -> Iterator[None]:
    """Turns what went wrong into one line on stderr and an exit code."""
    try:
        yield
    except CommandProblem as problem:
        _end(str(problem), problem.code)
    except httpx2.TransportError as error:
        _end(f"nobody answers: {error}", Exit.UNAVAILABLE)
    except (PartError, KitError) as error:
        _end(str(error), Exit.UNAVAILABLE)


def _end(line: str, code: Exit) -> None:
    Console(stderr=True).print(f"heatsink: {line}", markup=False, highlight=False)
    raise typer.Exit(code)
