"""Stacks of running Python processes, sampled from outside by py-spy."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

__all__ = ["sampled"]

_HERTZ = 100


@asynccontextmanager
async def sampled(pids: Mapping[str, int], folder: Path) -> AsyncIterator[None]:
    """Writes `NAME.folded` for each process, one line for each stack, its count at the end."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    spies = [await _spy(pid, folder / f"{name}.folded") for name, pid in pids.items()]
    try:
        yield
    finally:
        for spy in spies:
            spy.send_signal(signal.SIGINT)
        for spy in spies:
            await spy.wait()


async def _spy(pid: int, out: Path) -> asyncio.subprocess.Process:
    program = Path(sys.executable).with_name("py-spy")
    options = ["--format", "raw", "--rate", str(_HERTZ), "--duration", "unlimited", "--nonblocking"]
    which = ["--pid", str(pid), "--output", str(out)]
    return await asyncio.create_subprocess_exec(
        program, "record", *which, *options, stdout=DEVNULL, stderr=DEVNULL
    )
