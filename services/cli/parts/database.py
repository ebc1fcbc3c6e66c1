"""SecantusDB, which speaks MongoDB's protocol, as a process of its own."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from services.cli.parts.errors import NotReady
from services.cli.parts.part import Part
from services.cli.parts.ports import LOOPBACK
from services.cli.parts.process import Command

__all__ = ["Database"]

_PROBE_MS = 1_000
_FLAGS = (
    # Without it a SIGKILL loses acknowledged writes: test_database_keeps_acknowledged_writes.
    "--sync-on-commit",
    # Where a fifth of it waits to be written, it stands still for good: 256M did, under 1,000 jobs.
    "--cache-size",
    "1G",
    "--log-level",
    "WARNING",
)


class Database(Part):
    """It is never imported, only run: its licence is the GPL's."""

    name: ClassVar[str] = "database"
    ready_within: ClassVar[float] = 30.0

    @property
    def url(self) -> str:
        # It remembers 10,000 retryable writes and sorts them all at each further one: 6 ms a write.
        # A write whose answer was lost is found out by its document's own guards (documents/).
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true&retryWrites=false"

    @property
    def address(self) -> str:
        return self.url

    async def prepare(self) -> None:
        self._config.touch()

    def command(self) -> Command:
        where: Command = ["--storage-path", self._data, "--host", LOOPBACK, "--port"]
        # An empty configuration of its own keeps it from finding one elsewhere on the machine.
        server: Command = [sys.executable, "-m", "secantus", "--config", self._config]
        return [*server, *where, str(self.port), *_FLAGS]

    async def healthy(self) -> bool:
        return await asyncio.to_thread(_answers_ping, self.url)

    async def _launch(self) -> None:
        """A folder whose making was cut short holds nothing yet: it is set aside, once."""
        try:
            await super()._launch()
        except NotReady:
            if self._made.exists() or not self._data.exists():
                raise
            self._report("database: its folder was left half made, making it again")
            self._set_aside()
            await super()._launch()
        self._made.touch()

    def _set_aside(self) -> None:
        number = sum(1 for _ in self.folder.glob("data.broken-*"))
        self._data.rename(self.folder / f"data.broken-{number}")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _config(self) -> Path:
        return self.folder / "secantusd.toml"

    @property
    def _made(self) -> Path:
        """Exists once this folder has served: from then on it is never set aside."""
        return self.folder / "made"


def _answers_ping(url: str) -> bool:
    client: MongoClient[Mapping[str, Any]] = MongoClient(
        url,
        serverSelectionTimeoutMS=_PROBE_MS,
        connectTimeoutMS=_PROBE_MS,
        socketTimeoutMS=_PROBE_MS,
    )
    with client:
        try:
            return client.admin.command("ping").get("ok") == 1
        except PyMongoError:
            return False
