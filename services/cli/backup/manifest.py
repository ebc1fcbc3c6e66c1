"""What a backup says of itself."""

from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from services.cli.backup.errors import BackupDamaged

__all__ = ["DATA", "MANIFEST", "FileEntry", "Manifest"]

MANIFEST = "manifest.json"
DATA = "data"
"""The folder beside the manifest that holds the copy."""


def _inside(path: str) -> str:
    """A path from a manifest never leads out of the folder that is restored."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError("leads out of the folder")
    return path


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Frozen):
    path: Annotated[str, AfterValidator(_inside)]
    bytes: int
    sha256: str
    mode: int


class Manifest(_Frozen):
    """`format` grows when an older `heatsink restore` could not read it any more.

    `heatsink`, `commit`, `kafka` and `database` are versions. `parts` says which of Kafka, database
    and blobs were in the folder; the others are kept elsewhere and are not in the backup.
    """

    format: Literal[1] = 1
    made_at: datetime
    heatsink: str
    commit: str
    kafka: str
    database: str
    parts: tuple[str, ...]
    empty_folders: tuple[Annotated[str, AfterValidator(_inside)], ...]
    files: tuple[FileEntry, ...]

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.files)

    @classmethod
    def read(cls, backup: Path) -> "Manifest":
        """Raises BackupDamaged."""
        path = backup / MANIFEST
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise BackupDamaged(path, f"can't be read ({error.strerror})") from error
        except ValidationError as error:
            raise BackupDamaged(path, "is no manifest that this version reads") from error
