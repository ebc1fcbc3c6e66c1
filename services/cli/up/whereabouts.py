"""Where everything of a system on this machine is, also while it is only half there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.parts import LOOPBACK, Database, KafkaBroker
from services.cli.parts.claim import is_claimed
from services.cli.up.addresses import SERVICES
from services.cli.up.folder import DataFolder
from services.cli.up.running import find_running

__all__ = ["Whereabouts", "whereabouts"]


@dataclass(frozen=True)
class Whereabouts:
    """`parts` by the variables of services; `health` has each service's health port as a URL."""

    parts: Mapping[str, str]
    health: Mapping[str, str]


def whereabouts(data: Path) -> Whereabouts | None:
    """Of the system that runs on this folder, or tries to; none when no process holds it."""
    if not is_claimed(data):
        return None
    folder = DataFolder(data)
    ports = folder.remembered_ports()
    running = find_running(data)
    health = {
        service: f"http://{LOOPBACK}:{ports[name]}"
        for service in SERVICES
        if (name := f"{service}-health") in ports
    }
    return Whereabouts(running.parts if running else _built_in(folder, ports), health)


def _built_in(folder: DataFolder, ports: Mapping[str, int]) -> dict[str, str]:
    """As `up` starts them, for the time until it tells by itself."""
    if not {"kafka", "database"} <= ports.keys():
        return {}
    return {
        "HEATSINK_KAFKA_BOOTSTRAP": KafkaBroker(folder.kafka, ports["kafka"]).bootstrap,
        "HEATSINK_MONGO_URL": Database(folder.database, ports["database"]).url,
    }
