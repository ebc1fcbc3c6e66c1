"""`heatsink doctor`: how everything is, on one screen, and what to do about it."""

import asyncio
import logging
from typing import Annotated

import typer
from rich.console import Console

from services.cli.doctor import Places, diagnose, show
from services.cli.output import print_json
from services.cli.problems import problems_told
from services.cli.target import DATA, DataOption, JsonOption

__all__ = ["doctor"]


def doctor(
    service: Annotated[
        list[str] | None,
        typer.Option(
            envvar="HEATSINK_CLI_SERVICES",
            help="Health port of a service, such as http://10.0.0.7:9464; once for each replica.",
        ),
    ] = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Look at parts, topics, services, outboxes, lag, leases and workers; say what to do."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what fails there is a finding here
    with problems_told():
        outcome = asyncio.run(diagnose(Places.find(data, service or ())))
    if json:
        print_json(outcome.as_json())
    else:
        show(outcome, Console(highlight=False))
    raise typer.Exit(outcome.exit_code)
