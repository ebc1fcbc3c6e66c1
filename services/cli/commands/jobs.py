"""`heatsink jobs`: list, show and cancel the account's jobs."""

from typing import Annotated

import typer
from rich.table import Table

from services.cli.asking import ask
from services.cli.output import console, print_json
from services.cli.problems import problems_told
from services.cli.target import (
    DATA,
    DataOption,
    JsonOption,
    KeyOption,
    Plan,
    PlanOption,
    Target,
    UrlOption,
)

__all__ = ["app"]

app = typer.Typer(help="The account's jobs.", no_args_is_help=True)

JobArgument = Annotated[str, typer.Argument(help="The job's id.")]


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, 1 to 100.")] = 20,
    status: Annotated[str | None, typer.Option(help="Only those of this status.")] = None,
    cursor: Annotated[str | None, typer.Option(help="Of the page before.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    with problems_told():
        target = Target.find(url, key, plan, data)
        page = ask(
            target, lambda api: api.get("/v1/jobs", limit=limit, status=status, cursor=cursor)
        )
    if json:
        print_json(page)
        return
    table = Table("job", "status", "model", "n", "created", "prompt", box=None)
    for job in page["data"]:
        row = (job["id"], job["status"], job["model"], str(job["n"]), job["created_at"][:19])
        table.add_row(*row, job["prompt"][:40])
    console().print(table)


@app.command()
def show(
    job: JobArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
) -> None:
    """Print one job as JSON."""
    with problems_told():
        target = Target.find(url, key, plan, data)
        print_json(ask(target, lambda api: api.get(f"/v1/jobs/{job}")))


@app.command()
def cancel(
    job: JobArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Cancel a job."""
    with problems_told():
        target = Target.find(url, key, plan, data)
        answer = ask(target, lambda api: api.post(f"/v1/jobs/{job}/cancel"))
    if json:
        print_json(answer)
    else:
        typer.echo(f"{job}: {answer['status']}, cancel requested")
