"""`heatsink topics`: the table of topics, made so on a broker."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from services.cli.asyncapi import asyncapi_yaml
from services.cli.environment import settings_of
from services.cli.mirror import run as run_mirror
from services.cli.output import console, print_json
from services.cli.problems import problems_told
from services.cli.target import DATA, DataOption, JsonOption
from services.contracts import STREAMS, AccountId, topic, topics
from services.kit.build import build_info
from services.kit.bus import apply as apply_topics
from services.kit.bus.survey import deviations
from services.kit.clock import SystemClock
from services.kit.plumbing import connection

__all__ = ["app"]

app = typer.Typer(help="Kafka topics.", no_args_is_help=True)


@app.command("list")
def list_(
    prefix: Annotated[
        str, typer.Option(envvar="HEATSINK_TOPIC_PREFIX", help="First part of all names.")
    ] = "heatsink",
    json: JsonOption = False,
) -> None:
    """List every stream's topic with key, size, writers and readers."""
    table = Table("topic", "key", "partitions", "kept", "written by", "read by", box=None)
    rows = [
        {
            "topic": topic(spec.stream, prefix),
            "key": spec.key,
            "partitions": spec.partitions,
            "kept": "compacted" if spec.compacted else str(spec.retention),
            "writers": spec.writers,
            "readers": spec.readers,
        }
        for spec in STREAMS.values()
    ]
    if json:
        print_json({"topics": rows})
        return
    for spec, row in zip(STREAMS.values(), rows, strict=True):
        table.add_row(
            str(row["topic"]),
            spec.key,
            str(spec.partitions),
            str(row["kept"]),
            " ".join(spec.writers),
            " ".join(spec.readers),
        )
    console().print(table)


@app.command()
def asyncapi(
    prefix: Annotated[
        str, typer.Option(envvar="HEATSINK_TOPIC_PREFIX", help="First part of all names.")
    ] = "heatsink",
) -> None:
    """Print all of it as an AsyncAPI 3 document (YAML)."""
    typer.echo(asyncapi_yaml(prefix, build_info().version), nl=False)


@app.command()
def apply(
    replication: Annotated[
        int | None, typer.Option(help="Replicas of each; the brokers' default if left out.")
    ] = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Make the topics as the table says. Adds what is missing, takes nothing away."""
    with problems_told():
        settings = settings_of(data)
        reach = connection(settings, "cli")
        specs = topics(settings.topic_prefix)
        changed = asyncio.run(apply_topics(reach, specs, replication=replication))
    if json:
        print_json({"changed": changed, "topics": len(specs)})
    else:
        typer.echo(f"{len(specs)} topics are as they should be, {len(changed)} changed now")


@app.command()
def mirror(
    account: Annotated[str, typer.Argument(help="Whose events.")],
    to: Annotated[str, typer.Argument(help="A topic, which is there already.")],
    data: DataOption = DATA,
) -> None:
    """Copy one account's events to a topic of its own, until stopped. Goes on where it was."""
    with problems_told():
        settings = settings_of(data)
        reach = connection(settings, "mirror")
        drain = settings.drain_seconds
        copying = run_mirror(reach, SystemClock(), _account(account), to, drain_seconds=drain)
        asyncio.run(copying)


@app.command()
def check(data: DataOption = DATA) -> None:
    """Name the topics that are missing or not as the table says; exit 1 if there are any."""
    with problems_told():
        settings = settings_of(data)
        specs = topics(settings.topic_prefix)
        found = asyncio.run(deviations(connection(settings, "cli"), specs))
    for one in found:
        typer.echo(f"missing: {one.topic}" if one.missing else f"{one.topic} {one.problem}")
    raise typer.Exit(1 if found else 0)


def _account(text: str) -> AccountId:
    try:
        return AccountId(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
