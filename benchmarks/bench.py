"""A whole system to measure, in a folder of its own, with real parts."""

import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sizes import Figures, Sizes
from services.cli.up import System, UpOptions

__all__ = [
    "EMBER",
    "NOOP",
    "Bench",
    "Measures",
    "environment",
    "measured",
    "options_for",
    "running_bench",
    "say",
]

EMBER = {"HEATSINK_RENDER_ENGINE": "diffusers"}
NOOP = {"HEATSINK_RENDER_ENGINE": "noop", "HEATSINK_RENDER_NOOP_STEP_SECONDS": "0"}

Measures = Mapping[str, Callable[[Sizes], Awaitable[Figures]]]

_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"
_LOGS = {"HEATSINK_LOG_FORMAT": "json"}


@dataclass(frozen=True)
class Bench:
    """`health` has the health port of every process that told one, workers' included."""

    system: System
    health: dict[str, int]


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def environment() -> dict[str, str]:
    """Ours, and Python keeps what it has compiled: a warm start is one of compiled code."""
    return {name: value for name, value in os.environ.items() if name != _NOT_COMPILED}


def options_for(engine: dict[str, str], folder: Path) -> UpOptions:
    return UpOptions({**environment(), **_LOGS, **engine}, data=folder)


async def measured(measures: Measures, only: tuple[str, ...], sizes: Sizes) -> Figures:
    """One measurement after the other, of those that are wanted."""
    figures: Figures = {}
    for name, measure in measures.items():
        if name in only:
            say(f"measuring {name}")
            figures |= await measure(sizes)
    return figures


@asynccontextmanager
async def running_bench(engine: dict[str, str]) -> AsyncIterator[Bench]:
    """Ready inside the block; its folder goes with it."""
    health: dict[str, int] = {}

    def hear(_service: str, line: str) -> None:
        if "service started" in line:
            told = json.loads(line)
            health[told["service"]] = told["health_port"]

    with tempfile.TemporaryDirectory() as folder:
        options = options_for(engine, Path(folder))
        async with System.running(options, say, hear) as system:
            yield Bench(system, health)
