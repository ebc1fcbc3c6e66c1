"""`heatsink restore`: every file is what the manifest says, or there is no folder at all."""

import os
import shutil
from pathlib import Path

from services.cli.backup.copying import copy_hashed
from services.cli.backup.errors import BackupDamaged, BackupRefused
from services.cli.backup.manifest import DATA, FileEntry, Manifest
from services.cli.parts.claim import is_claimed

__all__ = ["restore"]

_LOCK = "lock"


def restore(backup: Path, data: Path) -> Manifest:
    """Makes `data`, which must not hold anything yet, what it was.

    Raises BackupDamaged, BackupRefused and OSError; then `data` is as it was before.
    """
    backup, data = backup.resolve(), data.resolve()
    manifest = Manifest.read(backup)
    _check(data)
    staging = data.with_name(f"{data.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True, mode=0o700)
        for entry in manifest.files:
            _restore(backup / DATA / entry.path, staging / entry.path, entry)
        for folder in manifest.empty_folders:
            (staging / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        os.sync()
        _clear(data)
        staging.rename(data)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return manifest


def _check(data: Path) -> None:
    if is_claimed(data):
        raise BackupRefused(data, "is in use by a running `heatsink up`")
    if data.exists() and any(path.name != _LOCK for path in data.iterdir()):
        raise BackupRefused(data, "is not empty: move it away first, or give --data a new folder")


def _clear(data: Path) -> None:
    """Takes away an empty folder; one that was filled meanwhile makes `rmdir` fail."""
    if data.exists():
        (data / _LOCK).unlink(missing_ok=True)
        data.rmdir()


def _restore(kept: Path, target: Path, entry: FileEntry) -> None:
    if not kept.is_file() or kept.is_symlink():
        raise BackupDamaged(kept, "is missing")
    if kept.stat().st_size != entry.bytes:
        raise BackupDamaged(kept, f"has {kept.stat().st_size} bytes, not {entry.bytes}")
    if copy_hashed(kept, target) != entry.sha256:
        raise BackupDamaged(kept, "has another SHA-256 than when it was made")
    target.chmod(entry.mode)
