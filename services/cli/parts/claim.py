"""Who holds a part's folder, and what a holder that was killed left running in it."""

import fcntl
import json
import os
from pathlib import Path
from typing import Self

import psutil

from services.cli.parts.errors import FolderInUse

__all__ = ["FolderClaim", "is_claimed", "retire_stale", "write_pid_file"]

_LOCK = "lock"
_STOP_WITHIN = 10.0
_START_TIME_SLACK = 2.0  # the start time is counted from a boot time that clock changes move


class FolderClaim:
    """An exclusive hold on a folder, let go by the kernel if we die."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Raises FolderInUse when another living process has it."""
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FolderInUse(folder) from None
        return cls(descriptor)

    def release(self) -> None:
        os.close(self._descriptor)


def is_claimed(folder: Path) -> bool:
    """Whether a living process holds the folder. Makes nothing that isn't there."""
    if not (folder / _LOCK).exists():
        return False
    try:
        FolderClaim.take(folder).release()
    except FolderInUse:
        return True
    return False


def write_pid_file(path: Path, pid: int) -> None:
    started = psutil.Process(pid).create_time()
    path.write_text(json.dumps({"pid": pid, "started": started}))


def retire_stale(path: Path, folder: Path) -> int | None:
    """Ends the process that the pid file at `path` names, if it is provably the one of `folder`.

    Returns the pid of the process it ended. Call it only while holding the folder's claim: whoever
    started that process is dead then. Blocks for seconds at worst.
    """
    process = _recorded(path)
    path.unlink(missing_ok=True)
    if process is None or not _serves(process, folder):
        return None
    _end(process)
    return process.pid


def _recorded(path: Path) -> psutil.Process | None:
    try:
        record = json.loads(path.read_text())
        process = psutil.Process(int(record["pid"]))
        same = abs(process.create_time() - float(record["started"])) < _START_TIME_SLACK
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if same else None


def _serves(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in argument for argument in process.cmdline())
    except psutil.Error:
        return False


def _end(process: psutil.Process) -> None:
    try:
        process.terminate()
        process.wait(_STOP_WITHIN)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_WITHIN)
    except psutil.NoSuchProcess:
        return
