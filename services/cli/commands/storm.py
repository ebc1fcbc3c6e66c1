"""`heatsink storm`: the drill, simulated or on real parts. It comes with the checkout."""

import importlib.util

import typer

from services.cli.problems import CommandProblem, problems_told
from services.cli.services import run_module

__all__ = ["storm"]

_MODULE = "benchmarks.storm"


def storm(context: typer.Context) -> None:
    """Let a crowd loose on a system of its own, or on a simulated one; --help says how."""
    with problems_told():
        if importlib.util.find_spec("benchmarks") is None:
            raise CommandProblem(
                "the storm is part of the checkout: run it from there, by ./task storm"
            )
    run_module(_MODULE, *context.args)
