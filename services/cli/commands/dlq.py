"""`heatsink dlq`: what could not be handled, looked at and brought to its end."""

import asyncio
import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from services.cli.dlq import (
    Choice,
    Desk,
    NoSuchLetter,
    Report,
    brief,
    full,
    overview,
    parse_place,
    printable,
    topics_of,
)
from services.cli.environment import settings_of
from services.cli.exits import Exit
from services.cli.output import console, print_json
from services.cli.problems import problems_told
from services.cli.target import DATA, DataOption, JsonOption
from services.kit.bus import Deed, Letterbox, Slip
from services.kit.clock import SystemClock
from services.kit.plumbing import connection

__all__ = ["app"]

app = typer.Typer(help="Dead letters: what could not be handled.", no_args_is_help=True)

TopicArgument = Annotated[str, typer.Argument(help="A stream (`requests`), or its topic.")]
ReasonOption = Annotated[str | None, typer.Option(help="Only letters with this reason.")]
AtOption = Annotated[str | None, typer.Option("--at", help="Only the letter at partition:offset.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Only the first so many.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; do nothing.")]


@app.command("list")
def list_(
    topic: Annotated[str | None, typer.Argument(help="A stream or topic; all if left out.")] = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Count the open letters of each topic, by reason, and tell how old they are."""
    with problems_told():
        desk, prefix = _desk(data)
        boxes = asyncio.run(desk.boxes(topics_of(prefix, topic)))
    told = [overview(box) for box in boxes]
    if json:
        print_json({"topics": told})
        return
    found = [one for one in told if one["open"] or one["replayed"] or one["dropped"]]
    if not found:
        typer.echo("no dead letters")
        return
    table = Table("topic", "open", "oldest", "reasons", "replayed", "dropped", box=None)
    for one in found:
        reasons = " ".join(f"{reason}={count}" for reason, count in one["reasons"].items())
        row = (one["topic"], one["open"], (one["oldest"] or "")[:19], reasons)
        table.add_row(*_cells(*row, one["replayed"], one["dropped"]))
    console().print(table)


@app.command()
def show(
    letter: Annotated[str, typer.Argument(help="A topic or stream, or TOPIC:PARTITION:OFFSET.")],
    reason: ReasonOption = None,
    limit: LimitOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were replayed or dropped as well.")
    ] = False,
    payload: Annotated[
        bool, typer.Option("--payload", help="The value as it came, prompts and all.")
    ] = False,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """List a topic's letters, or show one with its reason, stack, origin, headers and value."""
    topic, _, at = letter.partition(":")
    with problems_told():
        desk, box = _box(data, topic)
        if at:
            slip, found = asyncio.run(desk.letter(box, parse_place(at)))
            _tell(full(slip, found, payload=payload), as_json=json)
            return
    slips = Choice(reason=reason, limit=limit).of(box.slips if everything else box.open)
    told = [brief(slip) for slip in slips]
    if json:
        print_json({"topic": box.topic, "letters": told})
        return
    table = Table("at", "buried", "reason", "reader", "origin", "detail", box=None)
    for one in told:
        names = ("at", "buried_at", "reason", "consumer", "origin", "detail")
        table.add_row(*_cells(*(str(one[name])[:60] for name in names)))
    console().print(table)


@app.command()
def replay(
    topic: TopicArgument,
    reason: ReasonOption = None,
    at: AtOption = None,
    limit: LimitOption = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Records per second, at most.")] = 50.0,
    dry_run: DryOption = False,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Publish letters again, each under its own event id and key; exit 1 if some were left.

    Doing it twice changes nothing: a letter knows that it was replayed, and readers drop what they
    have seen.
    """
    with problems_told():
        desk, box = _box(data, topic)
        chosen = _chosen(box, reason, at, limit)
        report = asyncio.run(desk.replay(box.topic, chosen, rate=rate, dry=dry_run))
    _tell_report(box, report, dry=dry_run, as_json=json)
    raise typer.Exit(Exit.FAILED if report.left else Exit.OK)


@app.command("drop")
def drop_(
    topic: TopicArgument,
    reason: ReasonOption = None,
    at: AtOption = None,
    limit: LimitOption = None,
    dry_run: DryOption = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Set letters aside for good: they are not listed and not replayed any more."""
    with problems_told():
        desk, box = _box(data, topic)
        chosen = _chosen(box, reason, at, limit)
        if chosen and not dry_run:
            if not yes:
                typer.confirm(f"drop {len(chosen)} letters of {box.topic}?", abort=True, err=True)
            asyncio.run(desk.drop(box.topic, chosen))
    places = [str(slip.place) for slip in chosen]
    if json:
        print_json({"topic": box.topic, "dry_run": dry_run, "dropped": places})
    else:
        typer.echo(f"{_would(dry_run, 'drop')} {len(places)} letters of {box.topic}")


def _desk(data: Path) -> tuple[Desk, str]:
    settings = settings_of(data)
    return Desk(connection(settings, "cli"), SystemClock()), settings.topic_prefix


def _box(data: Path, topic: str) -> tuple[Desk, Letterbox]:
    desk, prefix = _desk(data)
    [box] = asyncio.run(desk.boxes(topics_of(prefix, topic)))
    return desk, box


def _chosen(
    box: Letterbox, reason: str | None, at: str | None, limit: int | None
) -> tuple[Slip, ...]:
    """Open letters only. Raises NoSuchLetter where none, open or not, lies `at` this place."""
    place = parse_place(at) if at else None
    if place and place not in {slip.place for slip in box.slips}:
        raise NoSuchLetter(box.topic, place)
    return Choice(reason, place, limit).of(box.open)


def _tell_report(box: Letterbox, report: Report, *, dry: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "topic": box.topic,
                "dry_run": dry,
                "replayed": [str(place) for place in report.replayed],
                "records": report.sent,
                "left": {str(place): why for place, why in report.left.items()},
            }
        )
        return
    count, source = len(report.replayed), box.topic.removesuffix(".dlq")
    typer.echo(f"{_would(dry, 'replay')} {count} letters: {report.sent} records onto {source}")
    for why, left in report.objections.items():
        typer.echo(f"left {left}: {why}")
    if not count and (before := box.count(Deed.REPLAYED)):
        typer.echo(f"{before} were replayed before")


def _tell(letter: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(letter)
        return
    for name, value in letter.items():
        text = value if isinstance(value, str) else jsonlib.dumps(value, ensure_ascii=False)
        typer.echo(f"{name:12} {printable(text)}")


def _cells(*values: object) -> list[Text]:
    """Cells of plain text: what strangers wrote is no markup and moves no cursor."""
    return [Text(printable(str(value))) for value in values]


def _would(dry: bool, deed: str) -> str:
    past = {"replay": "replayed", "drop": "dropped"}[deed]
    return f"would {deed}" if dry else past
