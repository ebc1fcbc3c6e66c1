"""A folder that takes no more: nothing is half stored, and all is told as a part that is away."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from services.kit.blobs import BlobMissing, Blobs
from services.kit.errors import Unavailable

BIG = b"x" * 300_000
MOST = 100_000


async def test_a_blob_that_does_not_fit_is_not_there_at_all(tmp_path: Path) -> None:
    """In a process of its own, because a limit on file sizes stands in for a full disk."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, str(tmp_path))
    assert await process.wait() == 0


async def test_a_place_that_can_not_be_written_is_away_and_can_be_read(tmp_path: Path) -> None:
    blobs = Blobs.open(tmp_path)
    await blobs.put("images/a", b"a", media_type="image/png")
    (tmp_path / "shut").touch()
    with pytest.raises(Unavailable) as away:
        await blobs.put("shut/b", b"b", media_type="image/png")
    assert away.value.part == "blobs"
    assert await blobs.get("images/a") == b"a"


async def _fill(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))
    blobs = Blobs.open(folder)
    await blobs.put("images/small", b"x", media_type="image/png")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await blobs.put("images/big", BIG, media_type="image/png")
    with pytest.raises(BlobMissing):
        await blobs.get("images/big")
    assert [info.key for info in await blobs.list()] == ["images/small"]


if __name__ == "__main__":
    place = Path(sys.argv[1])
    asyncio.run(_fill(place))
    assert [path.name for path in place.rglob("*") if path.is_file()] == ["small"]
    # At once: obstore's threads may still let go of Python objects, and an interpreter that is
    # being taken apart meanwhile aborts (obstore 0.9, some one in seven on a busy machine).
    os._exit(0)
