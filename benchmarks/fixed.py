"""Ours against the `limits` library on the same database: decisions on a limit that stays."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench import NOOP, Bench, environment, running_bench
from benchmarks.decisions import decisions
from benchmarks.installing import install
from benchmarks.sizes import Figures, Sizes

__all__ = ["quota"]

_PINS = Path(__file__).with_name("fixed.txt")
_WITHIN = 300.0


async def quota(sizes: Sizes) -> Figures:
    """In turns on one system; ours from Kafka to Kafka, the peer's by calls of its own."""
    async with running_bench(NOOP) as bench:
        # First, as services that start again afterwards would be in its way.
        theirs = await asyncio.to_thread(_peer, bench, sizes.decisions)
        ours = await decisions(bench, sizes)
    rate = ours["quota decisions per second"]
    return {**ours, "peer decisions per second": theirs, "ours to the peer": rate / theirs}


def _peer(bench: Bench, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        install(_PINS, folder)
        command = [sys.executable, "-m", "benchmarks.fixed_peer"]
        done = subprocess.run(  # noqa: S603 - our own module
            [*command, bench.system.addresses.mongo_url, str(count)],
            env={**environment(), "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=True,
            timeout=_WITHIN,
        )
    return float(done.stdout)
