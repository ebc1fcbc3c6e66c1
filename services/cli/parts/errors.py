"""What keeps a part from running, said so that a person can act on it."""

from pathlib import Path

__all__ = ["DownloadFailed", "FolderInUse", "NotReady", "PartError", "StorageUnusable"]


class PartError(Exception):
    """Base of everything that keeps a part or a child process from running."""


class FolderInUse(PartError):
    """Another living process holds this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is in use by another running process")
        self.folder = folder


class NotReady(PartError):
    """A process ended, or did not answer in time. `tail` holds the last lines of its log."""

    def __init__(self, name: str, reason: str, tail: str) -> None:
        super().__init__(f"{name} {reason}" + (f"; its last words:\n{tail}" if tail else ""))
        self.name = name
        self.reason = reason
        self.tail = tail


class StorageUnusable(PartError):
    """A data folder holds data that can't be read, and too much of it to throw away unasked."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} can't be used: {reason}")
        self.folder = folder
        self.reason = reason


class DownloadFailed(PartError):
    """A package of a part could not be fetched, or is not the one that the lock names."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(f"could not fetch {package}: {reason}")
        self.package = package
        self.reason = reason
