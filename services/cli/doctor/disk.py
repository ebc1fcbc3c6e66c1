"""Whether the data folder of this machine has room."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from services.kit.diagnosis import Check, Finding, Section, bad, ok, warn

__all__ = ["disk_check", "disk_finding"]

_GIB = 2**30
_LOW, _LOW_SHARE = 4 * _GIB, 0.10
_OUT, _OUT_SHARE = 1 * _GIB, 0.02


def disk_check(data: Path) -> Check:
    async def look() -> Sequence[Finding]:
        usage = shutil.disk_usage(data)
        return (disk_finding(str(data), usage.free, usage.total),)

    return Check(Section.DISK, str(data), look, "see whether the data folder can be read")


def disk_finding(what: str, free: int, total: int) -> Finding:
    """Bytes. A share alone alarms on large disks, a size alone on small ones: both must be low."""
    share = free / total if total else 0.0
    figure = f"{free / _GIB:.1f} GiB free of {total / _GIB:.1f} ({share:.0%})"
    advice = "make room: a full disk stops Kafka and the database"
    if free < _OUT or share < _OUT_SHARE:
        return bad(Section.DISK, what, figure, advice)
    if free < _LOW and share < _LOW_SHARE:
        return warn(Section.DISK, what, figure, advice)
    return ok(Section.DISK, what, figure)
