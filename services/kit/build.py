"""Which build this is: version and, where it can be found out, the commit."""

import platform
import re
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

__all__ = ["BuildInfo", "build_info", "commit_of"]

_STAMP = Path(__file__).with_name("commit.txt")
"""Written into an image when it is made, where there is no repository to ask."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class BuildInfo:
    version: str
    commit: str
    python: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@cache
def build_info() -> BuildInfo:
    return BuildInfo(
        version=_version(),
        commit=_stamped() or commit_of(Path(__file__).parents[2]) or "unknown",
        python=platform.python_version(),
    )


def commit_of(repository: Path) -> str | None:
    """What HEAD points to, read from the repository's files; none where there is no such thing."""
    folder = repository / ".git"
    head = _read(folder / "HEAD")
    if head is None:
        return None
    if not head.startswith("ref: "):
        return _commit(head)
    name = head.removeprefix("ref: ")
    return _commit(_read(folder / name)) or _packed(folder, name)


def _packed(folder: Path, name: str) -> str | None:
    for line in (_read(folder / "packed-refs") or "").splitlines():
        commit, _, packed_name = line.partition(" ")
        if packed_name == name:
            return _commit(commit)
    return None


def _stamped() -> str | None:
    return _commit(_read(_STAMP))


def _version() -> str:
    try:
        return metadata.version("heatsink")
    except metadata.PackageNotFoundError:
        return "unknown"


def _commit(text: str | None) -> str | None:
    return text if text and _COMMIT.fullmatch(text) else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
