"""The log of one child: appended to, turned over at a start when it has grown."""

import os
from pathlib import Path
from typing import Self

__all__ = ["LogFile", "tail"]

_TURN_OVER_AT = 16 * 1024 * 1024
_TAIL_BYTES = 16 * 1024


class LogFile:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens `path` for appending; one that has grown too large becomes `<name>.1` first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _TURN_OVER_AT:
            path.replace(path.with_name(f"{path.name}.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return cls(path, os.open(path, flags, 0o600))

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def write(self, data: bytes) -> None:
        if self._descriptor >= 0:
            os.write(self._descriptor, data)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def tail(self, lines: int) -> str:
        return tail(self._path, lines)


def tail(path: Path, lines: int) -> str:
    """The last lines of a log, as far as they fit into 16 KiB."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - _TAIL_BYTES, 0))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
