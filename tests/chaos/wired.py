"""Kafka and the database behind wires: services go by the wires, a checker goes straight."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.cli.parts import Database, KafkaBroker, Listener, free_port
from tests.wire import Wire

__all__ = ["WiredParts", "wired_parts"]


@dataclass(frozen=True)
class WiredParts:
    """Both parts run; `kafka` and `database` are the wires before them."""

    broker: KafkaBroker
    store: Database
    kafka: Wire
    database: Wire

    @property
    def environment(self) -> Mapping[str, str]:
        """Sends services by the wires."""
        straight = urlsplit(self.store.url)
        return {
            "HEATSINK_KAFKA_BOOTSTRAP": self.kafka.address,
            "HEATSINK_MONGO_URL": straight._replace(netloc=self.database.address).geturl(),
        }

    def heal(self) -> None:
        self.kafka.heal()
        self.database.heal()


@asynccontextmanager
async def wired_parts(folder: Path) -> AsyncIterator[WiredParts]:
    port = free_port()
    inner = free_port(besides=[port])
    async with (
        Wire.to(f"127.0.0.1:{inner}") as kafka,
        Database.running(folder / "db") as store,
        Wire.to(urlsplit(store.url).netloc) as database,
    ):
        broker = KafkaBroker(folder / "kafka", port, further=Listener(inner, kafka.port))
        try:
            await broker.start()
            yield WiredParts(broker, store, kafka, database)
        finally:
            await broker.stop()
