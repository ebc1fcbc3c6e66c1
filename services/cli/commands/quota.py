"""`heatsink quota`: the proof that nobody was charged wrongly, and the story of one decision."""

from typing import Annotated

import typer

from services.cli.environment import environment
from services.cli.problems import problems_told
from services.cli.services import run_module
from services.cli.target import DATA, DataOption, JsonOption

__all__ = ["app"]

app = typer.Typer(help="Quotas and their ledger.", no_args_is_help=True)


@app.command()
def check(data: DataOption = DATA, json: JsonOption = False) -> None:
    """Prove the ledger's equations on quota's database; exit 1 where one does not hold."""
    with problems_told():
        environ = environment(data)
    run_module("services.quota", "check", *(["--json"] if json else []), environ=environ)


@app.command()
def explain(
    job: Annotated[str, typer.Argument(help="A job's id.")],
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Tell the whole story of one decision: the arithmetic, the limit in force, what was said."""
    with problems_told():
        environ = environment(data)
    run_module("services.quota", "explain", job, *(["--json"] if json else []), environ=environ)
