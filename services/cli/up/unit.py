"""What is kept running: a part, or a service."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from services.cli.parts import ManagedProcess, NotReady
from services.cli.parts.output import LineSink
from services.cli.parts.process import Command

__all__ = ["ServiceUnit", "Unit", "process_tree"]


class Unit(Protocol):
    """Something with one main process. `start` after an end starts it anew at the same address."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None:
        """None while there is no process."""
        ...

    async def start(self) -> None:
        """Raises PartError when it can't be started."""
        ...

    async def wait(self) -> int:
        """The exit code, once the process ends by itself or by anyone's hand."""
        ...

    async def stop(self) -> None: ...

    async def kill(self) -> None: ...


@dataclass
class ServiceUnit:
    """One service as a child. Started is not ready: that it tells at its health port."""

    name: str
    command: Command
    environment: Mapping[str, str]
    log: Path
    on_line: LineSink
    stop_within: float
    process: ManagedProcess | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None and self.process.running else None

    async def start(self) -> None:
        self.process = await ManagedProcess.spawn(
            self.command, log=self.log, env=self.environment, on_line=self.on_line
        )

    async def wait(self) -> int:
        return await self._started.wait()

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(self.stop_within)

    async def kill(self) -> None:
        if self.process is not None:
            await self.process.kill()

    def tail(self) -> str:
        return self._started.tail()

    @property
    def _started(self) -> ManagedProcess:
        if self.process is None:
            raise NotReady(self.name, "was not started", "")
        return self.process


def process_tree(pid: int) -> list[int]:
    """The process and its descendants, itself first; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []
