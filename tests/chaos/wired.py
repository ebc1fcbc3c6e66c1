"""Kafka and the database behind wires: services go by the wires, who checks goes straight."""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from services.cli.parts import Database, KafkaBroker, Listener, Part, free_port
from tests.wire import Wire

__all__ = ["OUTBOX_SECONDS", "WiredParts", "away", "dead", "frozen", "full", "wired_parts"]

_PAGE = 4096

OUTBOX_SECONDS = 5.0
"""How old an unpublished event may be while such a system still takes jobs in."""


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
async def frozen(part: Part) -> AsyncIterator[None]:
    """SIGSTOP for the length of the block."""
    pid = part.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def away(part: Part) -> AsyncIterator[None]:
    """Stopped in good order, and started again after the block."""
    await part.stop()
    try:
        yield
    finally:
        await part.start()


@asynccontextmanager
async def dead(part: Part) -> AsyncIterator[None]:
    """SIGKILL, and started again after the block."""
    await part.kill()
    try:
        yield
    finally:
        await part.start()


@asynccontextmanager
async def full(part: Part) -> AsyncIterator[None]:
    """Its process may write no file past a page: EFBIG, where a full disk says ENOSPC.

    Started again when there is room: Kafka ends by itself then, and SecantusDB refuses all.
    """
    assert part.pid is not None
    process = psutil.Process(part.pid)
    for one in (process, *process.children(recursive=True)):
        one.rlimit(psutil.RLIMIT_FSIZE, (_PAGE, psutil.RLIM_INFINITY))
    try:
        yield
    finally:
        await part.kill()
        await part.start()


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
