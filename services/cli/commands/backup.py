"""`heatsink backup` and `heatsink restore`: one machine's data, stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from services.cli.backup import Manifest, back_up
from services.cli.backup import restore as restore_backup
from services.cli.backup.contents import PARTS
from services.cli.output import print_json
from services.cli.parts.jars import kafka_version
from services.cli.problems import CommandProblem, problems_told
from services.cli.target import DATA, DataOption, JsonOption

__all__ = ["backup", "restore"]

_MB = 1e6


def backup(
    target: Annotated[Path, typer.Argument(help="A new folder for the backup.")],
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Copy everything that a stopped `heatsink up` keeps, with sums of each file."""
    with problems_told(), _files_told():
        manifest = back_up(data, target)
    _tell(manifest, f"backed up to {target}", as_json=json)
    elsewhere = [part for part in PARTS if part not in manifest.parts]
    if elsewhere and not json:
        typer.echo(f"not in {data}, so not in the backup: {', '.join(elsewhere)}")


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `heatsink backup` made.")],
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Make a data folder from a backup, once every file is known to be right."""
    with problems_told(), _files_told():
        manifest = restore_backup(source, data)
    _tell(manifest, f"restored to {data}", as_json=json)
    if manifest.kafka != kafka_version() and not json:
        typer.echo(
            f"made with Kafka {manifest.kafka}, here is {kafka_version()}: "
            "an older Kafka can't read what a newer one wrote"
        )


@contextmanager
def _files_told() -> Iterator[None]:
    """What the file system refuses is told in one line: it is the user's to mend."""
    try:
        yield
    except OSError as error:
        raise CommandProblem(f"{error}") from error


def _tell(manifest: Manifest, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            manifest.model_dump(mode="json", exclude={"files", "empty_folders"})
            | {
                "files": len(manifest.files),
                "bytes": manifest.bytes,
            }
        )
        return
    typer.echo(
        f"{what}: {len(manifest.files)} files, {manifest.bytes / _MB:.1f} MB, made at "
        f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by Heatsink {manifest.heatsink} "
        f"({', '.join(manifest.parts)})"
    )
