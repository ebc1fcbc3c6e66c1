"""The `heatsink` command as a person or a script runs it."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Result", "environment", "heatsink", "start"]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found


def environment() -> dict[str, str]:
    """Ours, without what would point a command at another system."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("HEATSINK_")
    } | {"NO_COLOR": "1"}


async def start(*arguments: str, cwd: Path, **settings: str) -> asyncio.subprocess.Process:
    """`settings` are of the environment, without their `HEATSINK_`."""
    own = {f"HEATSINK_{name.upper()}": value for name, value in settings.items()}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.cli",
        *arguments,
        cwd=cwd,
        env=environment() | own | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=pipe,
        stderr=pipe,
    )


async def heatsink(*arguments: str, cwd: Path, within: float = 120) -> Result:
    process = await start(*arguments, cwd=cwd)
    async with asyncio.timeout(within):
        out, err = await process.communicate()
    return Result(process.returncode or 0, out.decode(), err.decode())
