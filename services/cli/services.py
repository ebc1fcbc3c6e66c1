"""A service's own commands, in its own process: no command of ours reaches into a service."""

import subprocess
import sys
from collections.abc import Mapping
from typing import NoReturn

import typer

__all__ = ["run_module"]


def run_module(name: str, *arguments: str, environ: Mapping[str, str] | None = None) -> NoReturn:
    """`python -m` it, in this process's environment unless told; its exit code becomes ours."""
    command = [sys.executable, "-m", name, *arguments]
    raise typer.Exit(subprocess.run(command, env=environ, check=False).returncode)  # noqa: S603 - our own module
