"""Copies a file and tells its SHA-256, in one pass."""

import hashlib
from pathlib import Path

__all__ = ["copy_hashed"]

_CHUNK = 1024 * 1024


def copy_hashed(source: Path, target: Path) -> str:
    """Makes the folders above `target`, which is new. Raises OSError.

    What is zero stays a hole: after a crash Kafka's indexes are 10 MB each, and nearly empty.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            digest.update(chunk)
            if any(chunk):
                writing.write(chunk)
            else:
                writing.seek(len(chunk), 1)
        writing.truncate()
    return digest.hexdigest()
