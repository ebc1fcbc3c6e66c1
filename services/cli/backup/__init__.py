"""A cold copy of one machine's data folder, and the way back."""

from services.cli.backup.back_up import back_up
from services.cli.backup.errors import BackupDamaged, BackupRefused
from services.cli.backup.manifest import Manifest
from services.cli.backup.restore import restore

__all__ = ["BackupDamaged", "BackupRefused", "Manifest", "back_up", "restore"]
