"""What Kafka and the database have in common as children of ours."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Self

from services.cli.parts.claim import FolderClaim, retire_stale, write_pid_file
from services.cli.parts.errors import NotReady
from services.cli.parts.ports import free_port, listens
from services.cli.parts.process import Command, ManagedProcess

__all__ = ["Part", "Report", "silent"]

Report = Callable[[str], None]
"""Told in one line what takes time, for people who wait."""

_STOP_WITHIN = 15.0
_PROBE_EVERY = 0.05
_PROBE_WITHIN = 5.0
_LOOKS = 6
"""In the time of a silence."""


def silent(_line: str) -> None:
    """A Report for those who don't want any."""


class Part(ABC):
    """One server on loopback with a folder and a port of its own.

    One that answers nothing for `silent_for` seconds is ended: it hangs, and whoever keeps it
    starts it again.

    `start` after `stop` or `kill` serves the same data at the same address. A subclass says how the
    folder is made ready, what to run, and what a healthy answer is.
    """

    name: ClassVar[str]
    ready_within: ClassVar[float]
    silent_for: float = 60.0

    def __init__(self, folder: Path, port: int | None = None, report: Report = silent) -> None:
        self.folder = folder.resolve()
        self.port = port if port is not None else free_port()
        self._report = report
        self._process: ManagedProcess | None = None
        self._claim: FolderClaim | None = None

    @classmethod
    @asynccontextmanager
    async def running(
        cls, folder: Path, port: int | None = None, report: Report = silent
    ) -> AsyncIterator[Self]:
        """The part, healthy inside the block and gone after it."""
        part = cls(folder, port, report)
        try:
            await part.start()
            yield part
        finally:
            await part.stop()

    @property
    @abstractmethod
    def address(self) -> str:
        """What a client connects to."""

    @abstractmethod
    async def prepare(self) -> None:
        """Makes the folder ready for `command`. Raises PartError."""

    @abstractmethod
    def command(self) -> Command:
        """What to run. Names `folder` in an argument, by which a stale process is recognised."""

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether the server answers a request of its own protocol. Raises nothing.

        Asked only once the port is open: clients log each refused connection as an error.
        """

    @property
    def pid(self) -> int | None:
        """None while there is no process."""
        return self._process.pid if self._process is not None and self._process.running else None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    async def start(self) -> None:
        """Returns when the part is healthy. Raises PartError."""
        self._claim = self._claim or FolderClaim.take(self.folder)
        try:
            await self._retire_stale()
            await self.prepare()
            await self._launch()
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop(_STOP_WITHIN)
        self._let_go()

    async def kill(self) -> None:
        """SIGKILL, as a machine that has run out of memory would."""
        if self._process is not None:
            await self._process.kill()
        self._let_go()

    async def wait(self) -> int:
        """The exit code, once the process ends by itself or by anyone's hand."""
        process = self._running
        watching = asyncio.create_task(self._watch(process))
        try:
            return await process.wait()
        finally:
            watching.cancel()

    async def _launch(self) -> None:
        self._process = await ManagedProcess.spawn(self.command(), log=self.log, cwd=self.folder)
        write_pid_file(self._pid_file, self._process.pid)
        await self._until_healthy(self._process)

    async def _until_healthy(self, process: ManagedProcess) -> None:
        deadline = time.monotonic() + self.ready_within
        while not await self._probe():
            if not process.running:
                raise NotReady(self.name, f"ended with {process.returncode}", process.tail())
            if time.monotonic() > deadline:
                raise NotReady(
                    self.name, f"did not answer within {self.ready_within:g} s", process.tail()
                )
            await asyncio.sleep(_PROBE_EVERY)

    async def _watch(self, process: ManagedProcess) -> None:
        answered = time.monotonic()
        while time.monotonic() - answered < self.silent_for:
            await asyncio.sleep(self.silent_for / _LOOKS)
            if await self._probe():
                answered = time.monotonic()
        self._report(f"{self.name} has answered nothing for {self.silent_for:g} s: ending it")
        await process.kill()

    async def _probe(self) -> bool:
        if not listens(self.port):
            return False
        try:
            return await asyncio.wait_for(self.healthy(), _PROBE_WITHIN)
        except TimeoutError:
            return False

    async def _retire_stale(self) -> None:
        pid = await asyncio.to_thread(retire_stale, self._pid_file, self.folder)
        if pid is not None:
            self._report(f"{self.name}: ended process {pid}, left over from an earlier run")

    def _let_go(self) -> None:
        self._process = None
        if self._claim is not None:
            self._pid_file.unlink(missing_ok=True)
            self._claim.release()
            self._claim = None

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _running(self) -> ManagedProcess:
        if self._process is None:
            raise NotReady(self.name, "is not running", "")
        return self._process
