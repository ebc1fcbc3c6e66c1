"""`heatsink backup`: stopped, so that Kafka, database and blobs are of one moment."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path, PurePath

from services.cli.backup.contents import PARTS, Contents, contents
from services.cli.backup.copying import copy_hashed
from services.cli.backup.errors import BackupRefused
from services.cli.backup.manifest import DATA, MANIFEST, FileEntry, Manifest
from services.cli.parts import FolderInUse
from services.cli.parts.claim import FolderClaim, retire_stale
from services.cli.parts.jars import kafka_version
from services.kit.build import build_info
from services.kit.clock import Clock, SystemClock

__all__ = ["back_up"]

_OWNED = ("kafka", "database")
_BLOCK = 512


def back_up(data: Path, target: Path, clock: Clock | None = None) -> Manifest:
    """Copies the state in `data` to the new folder `target`, which appears when it is whole.

    Raises BackupRefused and OSError; then nothing is left behind.
    """
    data, target = data.resolve(), target.resolve()
    _check(data, target)
    with _held(data):
        found = contents(data)
        _check_room(data, found, target)
        partial = target.with_name(f"{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True, mode=0o700)
            manifest = _copy(data, found, partial, clock or SystemClock())
            os.sync()
            partial.rename(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return manifest


def _check(data: Path, target: Path) -> None:
    if not any((data / part).is_dir() for part in PARTS):
        raise BackupRefused(data, "holds no data of `heatsink up`")
    if target.is_relative_to(data):
        raise BackupRefused(target, "lies inside the folder to back up")
    if target.exists():
        raise BackupRefused(target, "exists already: give the name of a new folder")


@contextmanager
def _held(data: Path) -> Iterator[None]:
    """Nobody starts on the folder meanwhile, and nothing of an earlier run works on it still."""
    with ExitStack() as claims:
        try:
            claims.callback(FolderClaim.take(data).release)
            for part in (data / name for name in _OWNED if (data / name).is_dir()):
                claims.callback(FolderClaim.take(part).release)
                retire_stale(part / "pid", part)
        except FolderInUse as error:
            raise BackupRefused(data, "is in use: stop `heatsink up` first") from error
        yield


def _check_room(data: Path, found: Contents, target: Path) -> None:
    needed = sum((data / path).stat().st_blocks * _BLOCK for path in found.files)
    nearest = next(parent for parent in target.parents if parent.exists())
    free = shutil.disk_usage(nearest).free
    if free < needed:
        raise BackupRefused(nearest, f"has room for {free} bytes, the backup needs {needed}")


def _copy(data: Path, found: Contents, partial: Path, clock: Clock) -> Manifest:
    files = tuple(_entry(data / path, partial / DATA / path, path) for path in found.files)
    build = build_info()
    manifest = Manifest(
        made_at=clock.now(),
        heatsink=build.version,
        commit=build.commit,
        kafka=kafka_version(),
        database=f"SecantusDB {metadata.version('secantusdb')}",
        parts=tuple(part for part in PARTS if (data / part).is_dir()),
        empty_folders=tuple(path.as_posix() for path in found.empty_folders),
        files=files,
    )
    (partial / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n")
    return manifest


def _entry(source: Path, copy: Path, path: PurePath) -> FileEntry:
    about = source.stat()
    digest = copy_hashed(source, copy)
    shutil.copymode(source, copy)
    mode = stat.S_IMODE(about.st_mode)
    return FileEntry(path=path.as_posix(), bytes=about.st_size, sha256=digest, mode=mode)
