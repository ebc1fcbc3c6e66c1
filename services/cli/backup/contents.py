"""What of a data folder is state: everything but logs, locks and what each start writes anew."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from services.cli.backup.errors import BackupRefused
from services.cli.up.folder import DataFolder

__all__ = ["PARTS", "Contents", "contents", "is_state"]

PARTS = ("kafka", "database", "blobs")
"""Folders of a data folder; one that is missing is kept elsewhere, or there is no such part."""

_LOGS = "logs"
_OURS = frozenset({"kafka", "database"})
_PASSING = ("lock", "pid", "*.log", "*.log.1", "*.new", "server.properties", "log4j2.xml")
_AT_TOP = (DataFolder.RUNNING, *_PASSING)
_BESIDE_DATA = 2


@dataclass(frozen=True)
class Contents:
    """Paths from the root, sorted: files, and folders that have none."""

    files: tuple[PurePath, ...]
    empty_folders: tuple[PurePath, ...]


def contents(root: Path) -> Contents:
    """Raises BackupRefused where something is no plain file: a copy would be something else."""
    files: list[PurePath] = []
    empty: list[PurePath] = []
    for folder, here in _walk(root):
        kept = [name for name in here if is_state(folder.relative_to(root) / name)]
        files += [folder.relative_to(root) / name for name in kept]
        if folder != root and not any(folder.iterdir()):
            empty.append(folder.relative_to(root))
    return Contents(tuple(sorted(files)), tuple(sorted(empty)))


def is_state(path: PurePath) -> bool:
    """By the place alone: deeper down, `.log` is the name of Kafka's own segments."""
    first, *rest = path.parts
    if not rest:
        return first != _LOGS and not _is_any(first, _AT_TOP)
    beside_data = first in _OURS and len(path.parts) == _BESIDE_DATA
    return not (beside_data and _is_any(path.name, _PASSING))


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for where, folders, names in os.walk(root):
        folder = Path(where)
        if folder == root:
            folders[:] = [name for name in folders if name != _LOGS]
        for name in (*folders, *names):
            path = folder / name
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise BackupRefused(path, "is a link or no plain file: back it up yourself")
        yield folder, names


def _is_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
