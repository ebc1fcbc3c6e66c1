"""Which Heatsink a command speaks to, and as whom."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.cli.problems import NoSystem
from services.cli.up import Running, find_running

__all__ = ["DataOption", "JsonOption", "KeyOption", "Plan", "PlanOption", "Target", "UrlOption"]


class Plan(StrEnum):
    """The demo accounts that `heatsink up` makes."""

    FREE = "free"
    PLUS = "plus"
    PRO = "pro"
    OPERATOR = "operator"


UrlOption = Annotated[
    str | None, typer.Option("--url", envvar="HEATSINK_URL", help="Base URL of the API.")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", envvar="HEATSINK_API_KEY", help="API key.", show_envvar=True),
]
PlanOption = Annotated[
    Plan, typer.Option("--plan", help="Whose demo key to use when no key is given.")
]
DataOption = Annotated[
    Path, typer.Option("--data", help="Data folder of the system that runs on this machine.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

DATA = Path(".heatsink")


@dataclass(frozen=True)
class Target:
    url: str
    key: str

    @classmethod
    def find(cls, url: str | None, key: str | None, plan: Plan, data: Path) -> "Target":
        """By URL and key, or the system that `heatsink up` runs on this folder.

        Raises NoSystem.
        """
        running = find_running(data)
        if running is None and not url:
            raise NoSystem("nothing runs here: start `heatsink up`, or give --url and --key")
        if running is None and not key:
            raise NoSystem("a key is needed: give --key, or set HEATSINK_API_KEY")
        return cls(url or (running.url if running else ""), key or (demo_key(running, plan) or ""))


def demo_key(running: Running | None, plan: Plan) -> str | None:
    return getattr(running.keys, plan.value) if running else None


def given(url: str | None) -> bool:
    """Whether the user has said which system to speak to."""
    return bool(url or os.environ.get("HEATSINK_URL"))
