"""A model's files by their digests: what was looked over once is what is loaded each time."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

__all__ = ["difference", "digest_of", "digests"]

_UNREAD = frozenset({".jpeg", ".jpg", ".md", ".png", ".webp"})
"""What stands beside a model for people; no library opens it."""


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that a library may read, by path inside the folder."""
    return {str(path.relative_to(folder)): digest_of(path) for path in _read(folder)}


def difference(folder: Path, named: Mapping[str, str]) -> str | None:
    """The first thing in which the folder is not as named, in words; none where it is."""
    there = {str(path.relative_to(folder)): path for path in _read(folder)}
    for name in sorted(named.keys() | there.keys()):
        if name not in there:
            return f"{name} is missing"
        if name not in named:
            return f"{name} is not named in the catalogue"
        if digest_of(there[name]) != named[name]:
            return f"{name} has another digest than the catalogue says"
    return None


def _read(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() not in _UNREAD and not path.name.startswith(".")
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
