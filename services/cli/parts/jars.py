"""The jars of Apache Kafka: named with their hashes in `kafka.lock`, fetched once per machine."""

import asyncio
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from services.cli.parts.errors import DownloadFailed
from services.cli.parts.output import LineSink
from services.cli.parts.process import Command, ManagedProcess

__all__ = ["Jar", "default_cache", "ensure_jars", "kafka_version", "locked_jars", "missing_jars"]

_LOCK = Path(__file__).with_name("kafka.lock")
_FETCH_WITHIN = 1_800.0


@dataclass(frozen=True)
class Jar:
    """One artifact by its Maven coordinate `group:artifact:version`."""

    coordinate: str
    sha256: str

    def path(self, cache: Path) -> Path:
        """Where it lies in `cache`, which has the layout of a Maven repository."""
        group, artifact, version = self.coordinate.split(":")
        folder = cache.joinpath(*group.split("."), artifact, version)
        return folder / f"{artifact}-{version}.jar"

    def intact(self, cache: Path) -> bool:
        path = self.path(cache)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def default_cache() -> Path:
    return Path.home() / ".cache" / "heatsink"


def locked_jars(lock: Path = _LOCK) -> tuple[Jar, ...]:
    return tuple(Jar(*line.split()) for line in lock.read_text().splitlines())


def kafka_version() -> str:
    """Of the Apache Kafka that the lock names."""
    found = (jar.coordinate for jar in locked_jars() if ":kafka-clients:" in jar.coordinate)
    return next(found).rsplit(":", 1)[1]


def missing_jars(cache: Path) -> tuple[Jar, ...]:
    """What is not there, or not what the lock says it is."""
    return tuple(jar for jar in locked_jars() if not jar.intact(cache))


async def ensure_jars(cache: Path, log: Path, report: LineSink) -> list[Path]:
    """The class path of Kafka, fetched into `cache` where needed. Raises DownloadFailed.

    The fetching is a process of its own, so that it ends at once when we are told to stop.
    """
    if await asyncio.to_thread(missing_jars, cache):
        command: Command = [sys.executable, "-m", "services.cli.parts.fetch", cache]
        process = await ManagedProcess.spawn(command, log=log, on_line=report)
        try:
            code = await asyncio.wait_for(process.wait(), _FETCH_WITHIN)
        finally:
            await process.kill()
        if code != 0:
            raise DownloadFailed("Apache Kafka", process.tail(1))
    return [jar.path(cache) for jar in locked_jars()]
