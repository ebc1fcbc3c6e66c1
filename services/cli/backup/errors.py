"""Why there is no backup, or no way back from one."""

from pathlib import Path

from services.cli.problems import CommandProblem

__all__ = ["BackupDamaged", "BackupRefused"]


class BackupRefused(CommandProblem):
    """It would not be a right copy, or it would overwrite something. Nothing was changed."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} {reason}")
        self.folder = folder
        self.reason = reason


class BackupDamaged(CommandProblem):
    """A backup is not what its manifest says. Nothing was restored."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}: this backup is damaged, nothing was restored")
        self.path = path
        self.reason = reason
