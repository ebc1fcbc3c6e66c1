"""`heatsink quota`: the proof that nobody was charged wrongly."""

import typer

from services.cli.environment import environment
from services.cli.problems import problems_told
from services.cli.services import run_module
from services.cli.target import DATA, DataOption, JsonOption

__all__ = ["app"]

app = typer.Typer(help="Quotas and their ledger.", no_args_is_help=True)


@app.callback()
def _quota() -> None:
    """So that `check` stays a command of its own while it is the only one."""


@app.command()
def check(data: DataOption = DATA, json: JsonOption = False) -> None:
    """Prove the ledger's equations on quota's database; exit 1 where one does not hold."""
    with problems_told():
        environ = environment(data)
    run_module("services.quota", "check", *(["--json"] if json else []), environ=environ)
