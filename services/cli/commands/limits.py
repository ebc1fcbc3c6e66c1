"""`heatsink limits`: the limits in force, and an operator's hand on them."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.environment import environment
from services.cli.problems import problems_told
from services.cli.services import run_module
from services.cli.target import DATA, DataOption, JsonOption

__all__ = ["app"]

app = typer.Typer(help="Limits in force; hold, cap or release them.", no_args_is_help=True)

PlanArgument = Annotated[str, typer.Argument(help="An adaptive plan, such as free.")]
FactorOption = Annotated[float, typer.Option("--m", min=0, max=1, help="Share of the limit.")]
ForOption = Annotated[str, typer.Option("--for", help="For how long: 90s, 30m, 2h, 1d.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for those who are refused.")]


@app.command()
def show(data: DataOption = DATA, json: JsonOption = False) -> None:
    """Show each plan's multiplier, its cause, and what operators said."""
    _run(data, "show", *(["--json"] if json else []))


@app.command()
def hold(
    plan: PlanArgument,
    m: FactorOption,
    lasting: ForOption = "1h",
    note: NoteOption = "",
    data: DataOption = DATA,
) -> None:
    """Hold a plan's multiplier, whatever the load says; it is announced, and ends by itself."""
    _set(data, "hold", plan, m, lasting, note)


@app.command()
def cap(
    plan: PlanArgument,
    m: FactorOption,
    lasting: ForOption = "1h",
    note: NoteOption = "",
    data: DataOption = DATA,
) -> None:
    """Let the law lower a plan's multiplier, but not raise it over this."""
    _set(data, "cap", plan, m, lasting, note)


@app.command()
def release(plan: PlanArgument, note: NoteOption = "", data: DataOption = DATA) -> None:
    """Give a plan's multiplier back to the law."""
    _run(data, "release", plan, "--note", note)


def _set(data: Path, kind: str, plan: str, m: float, lasting: str, note: str) -> None:
    _run(data, kind, plan, "--m", f"{m}", "--for", lasting, "--note", note)


def _run(data: DataOption, *arguments: str) -> None:
    with problems_told():
        environ = environment(data)
    run_module("services.quota", *arguments, environ=environ)
