"""How long `heatsink up` takes on a folder that has been used before."""

import tempfile
import time
from pathlib import Path

from benchmarks.bench import EMBER, options_for, say
from benchmarks.sizes import Figures, Sizes
from services.cli.up import System

__all__ = ["start"]


async def start(_: Sizes) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        options = options_for(EMBER, Path(folder))
        async with System.running(options, say):
            pass
        began = time.monotonic()
        async with System.running(options, say):
            return {"seconds from up to ready, warm": time.monotonic() - began}
