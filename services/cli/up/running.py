"""What a system that is ready tells to scripts and to later commands."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from services.cli.parts.claim import is_claimed
from services.cli.up.folder import DataFolder

__all__ = ["DemoKeys", "Running", "find_running"]


@dataclass(frozen=True)
class DemoKeys:
    """One API key of each plan, and an operator's."""

    free: str
    plus: str
    pro: str
    operator: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the file that the gateway wrote. Raises OSError, ValueError or TypeError."""
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True)
class Running:
    """`url` is the base of the API and of its pages, `events_url` that of notify.

    `parts` tells where the parts are and whose names are used there, by the variables of services.
    """

    url: str
    events_url: str
    keys: DemoKeys
    parts: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def find_running(data: Path) -> Running | None:
    """The system that is ready and runs on this data folder, if there is one."""
    if not is_claimed(data):
        return None
    try:
        found = json.loads((data / DataFolder.RUNNING).read_text())
        keys = DemoKeys(**found["keys"])
        return Running(found["url"], found["events_url"], keys, found["parts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
