"""Where the parts are: the environment says it, or the system that runs here."""

import os
from collections.abc import Mapping
from pathlib import Path

from services.cli.problems import NoSystem
from services.cli.up import whereabouts
from services.kit.settings import ServiceSettings, read

__all__ = ["environment", "settings_of"]


def environment(data: Path) -> Mapping[str, str]:
    """The environment, with the addresses of a system that runs on this folder where it has none.

    It need not be ready: whoever asks may want to know why it isn't. Raises NoSystem when neither
    knows them.
    """
    here = whereabouts(data)
    merged = {**(here.parts if here else {}), **os.environ}
    for name in ("HEATSINK_KAFKA_BOOTSTRAP", "HEATSINK_MONGO_URL"):
        if not merged.get(name):
            raise NoSystem(f"nothing runs here: start `heatsink up`, or set {name}")
    return merged


def settings_of(data: Path) -> ServiceSettings:
    return read(ServiceSettings, environment(data))
