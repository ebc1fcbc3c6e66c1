"""`heatsink models`: what can be drawn with, looked over before anybody draws."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["models"]

_CATALOGUE = Path(__file__).parents[3] / "models" / "catalogue.yaml"


def models(
    context: typer.Context,
    catalogue: Annotated[
        Path, typer.Option("--catalogue", envvar="HEATSINK_CATALOGUE", help="The file.")
    ] = _CATALOGUE,
) -> None:
    """List, check or add models of the catalogue: list, check, add, digest; each has --help."""
    # render's own process knows what may be loaded: no command reaches into a service.
    command = [sys.executable, "-m", "services.render.models", "--catalogue", str(catalogue)]
    asked = context.args or ["--help"]
    raise typer.Exit(subprocess.run([*command, *asked], check=False).returncode)  # noqa: S603 - our own module
