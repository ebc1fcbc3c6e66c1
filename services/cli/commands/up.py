"""`heatsink up`: everything on this machine, until Ctrl-C."""

import os
from pathlib import Path
from typing import Annotated

import typer

from services.cli.up import UpOptions, run

__all__ = ["up"]


def up(
    data: Annotated[
        Path, typer.Option(envvar="HEATSINK_UP_DATA", help="Folder for everything that is kept.")
    ] = Path(".heatsink"),
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON on stdout once ready.")
    ] = False,
    picture: Annotated[
        bool, typer.Option(help="Draw a first picture once ready (never with --json).")
    ] = True,
) -> None:
    """Start Kafka, the database and the four services; stay until Ctrl-C."""
    options = UpOptions(environ=os.environ, data=data, json=json, picture=picture and not json)
    raise typer.Exit(run(options))
