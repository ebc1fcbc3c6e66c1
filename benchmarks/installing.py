"""Peers are installed for the run that measures them, not beside our own requirements."""

import subprocess
import sys
from pathlib import Path

__all__ = ["install"]

_UV = Path(__file__).parents[1] / ".tools" / "venv" / "bin" / "uv"


def install(requirements: Path, folder: str) -> None:
    """What a file pins, into a folder for `PYTHONPATH`. Raises CalledProcessError."""
    command = [str(_UV), "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    subprocess.run(  # noqa: S603 - our own arguments
        [*command, "--target", folder, "-r", str(requirements)], check=True
    )
