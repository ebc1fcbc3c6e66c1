"""Who listens where."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cli.parts import LOOPBACK, free_port
from services.cli.up.folder import DataFolder
from services.cli.up.options import UpOptions

__all__ = ["SERVICES", "Addresses", "choose_ports"]

SERVICES = ("gateway", "quota", "render", "notify")
"""In the order in which they are started and shown."""

_CHOSEN_BY = {
    "kafka": "HEATSINK_UP_KAFKA_PORT",
    "database": "HEATSINK_UP_DATABASE_PORT",
    "gateway": "HEATSINK_GATEWAY_PORT",
    "notify": "HEATSINK_NOTIFY_PORT",
}


@dataclass(frozen=True)
class Addresses:
    """`ports` holds `gateway`, `notify` and each service's `<service>-health`."""

    kafka_bootstrap: str
    mongo_url: str
    ports: Mapping[str, int]
    topic_prefix: str = "heatsink"
    database_prefix: str = "heatsink"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['gateway']}"

    @property
    def events_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['notify']}"

    @property
    def parts(self) -> dict[str, str]:
        """Where the parts are and which names are ours there, by the variables of services."""
        return {
            "HEATSINK_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "HEATSINK_MONGO_URL": self.mongo_url,
            "HEATSINK_TOPIC_PREFIX": self.topic_prefix,
            "HEATSINK_DATABASE_PREFIX": self.database_prefix,
        }

    def ready_url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[f'{service}-health']}/ready"


def choose_ports(options: UpOptions, folder: DataFolder) -> dict[str, int]:
    """What the user chose, else what was used here before and is free, else any free one."""
    before = folder.remembered_ports()
    ports: dict[str, int] = {}
    for name in (*_CHOSEN_BY, *(f"{service}-health" for service in SERVICES)):
        chosen = options.port(_CHOSEN_BY[name]) if name in _CHOSEN_BY else None
        ports[name] = chosen or free_port(before.get(name), ports.values())
    folder.remember_ports(ports)
    return ports
