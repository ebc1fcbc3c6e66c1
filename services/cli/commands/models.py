"""`heatsink models`: what can be drawn with, looked over before anybody draws."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.services import run_module
from services.cli.up.environment import CATALOGUE

__all__ = ["models"]


def models(
    context: typer.Context,
    catalogue: Annotated[
        Path, typer.Option("--catalogue", envvar="HEATSINK_CATALOGUE", help="The file.")
    ] = CATALOGUE,
) -> None:
    """List, check or add models of the catalogue: list, check, add, digest; each has --help."""
    asked = context.args or ["--help"]
    run_module("services.render.models", "--catalogue", str(catalogue), *asked)
