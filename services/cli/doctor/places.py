"""Where to look: what the user says, what the environment says, what runs on this folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.cli.environment import settings_of
from services.cli.up.whereabouts import whereabouts
from services.kit.settings import ServiceSettings

__all__ = ["Place", "Places"]


@dataclass(frozen=True)
class Place:
    """A health port. `service` is none until the answer tells it."""

    url: str
    service: str | None = None


@dataclass(frozen=True)
class Places:
    """`data` is the folder of a system on this machine, none when there is none."""

    settings: ServiceSettings
    services: tuple[Place, ...]
    data: Path | None

    @classmethod
    def find(cls, data: Path, given: Sequence[str]) -> Self:
        """`given` are URLs of health ports. Raises NoSystem when there is nothing to look at."""
        settings = settings_of(data)
        here = whereabouts(data)
        known = here.health.items() if here else ()
        places = [Place(url, service) for service, url in known]
        chosen = [Place(url.rstrip("/")) for url in given]
        return cls(settings, tuple(chosen or places), data if here else None)
