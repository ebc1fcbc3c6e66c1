"""What is done to processes: signals to any of them by name, and parts taken away for a while."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from services.cli.up import System
from services.cli.up.unit import process_tree
from tests.waiting import eventually

__all__ = ["ACTS", "VICTIMS", "Faults"]

VICTIMS = ("gateway", "quota", "render", "worker", "engine", "notify", "kafka", "database")
"""`render` is the service, `worker` one of the processes that it keeps, `engine` a worker's own."""

ACTS = ("kill", "freeze", "terminate")

_CHILDREN = {"worker": "services.render.worker", "engine": "services.render.engine"}
_RUNNING = {"state.phase": "running"}
_FOUND_WITHIN = 60.0
_GONE_WITHIN = 15.0

Note = Callable[[str, str, float, float], None]


@dataclass(frozen=True)
class Faults:
    """Each is noted as (act, victim, begin, end), in seconds since 1970."""

    system: System
    note: Note

    async def kill(self, victim: str, pid: int | None = None) -> None:
        """SIGKILL; whoever keeps the process starts another."""
        began = time.time()
        pid = pid or await self.pid(victim)
        _send(pid, signal.SIGKILL)
        await eventually(lambda: not _runs(pid), within=_GONE_WITHIN)
        self.note("kill", victim, began, time.time())

    async def terminate(self, victim: str, grace: float = 30.0, pid: int | None = None) -> bool:
        """SIGTERM, and SIGKILL after `grace` seconds; whether it went by itself."""
        began = time.time()
        pid = pid or await self.pid(victim)
        _send(pid, signal.SIGTERM)
        by_itself = await _gone(pid, grace)
        if not by_itself:
            _send(pid, signal.SIGKILL)
            await _gone(pid, _GONE_WITHIN)
        self.note("terminate", victim, began, time.time())
        return by_itself

    async def freeze(self, victim: str, seconds: float, pid: int | None = None) -> None:
        """For so many seconds `frozen`."""
        async with self.frozen(victim, pid):
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def frozen(self, victim: str, pid: int | None = None) -> AsyncIterator[None]:
        """SIGSTOP, and SIGCONT after the block: a process that comes back and knows of nothing."""
        began = time.time()
        pid = pid or await self.pid(victim)
        _send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            _send(pid, signal.SIGCONT)
            self.note("freeze", victim, began, time.time())

    @asynccontextmanager
    async def away(self, name: str) -> AsyncIterator[None]:
        """A service or part is stopped in good order, and started again after the block."""
        began = time.time()
        await self.system.stop(name)
        try:
            yield
        finally:
            await self.system.start(name)
            self.note("away", name, began, time.time())

    async def act(self, act: str, victim: str, seconds: float) -> None:
        """One of ACTS; `seconds` is how long a frozen one stands still or a grace lasts."""
        match act:
            case "kill":
                await self.kill(victim)
            case "freeze":
                await self.freeze(victim, seconds)
            case "terminate":
                await self.terminate(victim, seconds)
            case _:
                raise ValueError(f"{act} is none of {', '.join(ACTS)}")

    @asynccontextmanager
    async def blobs_away(self) -> AsyncIterator[None]:
        """A file lies where the folder of pictures was: every write to it fails.

        Rights would not do: the superuser, whom tests may run as, writes anywhere.
        """
        folder = self.system.folder.blobs
        aside = folder.with_name("blobs.aside")
        began = time.time()
        folder.rename(aside)
        folder.touch()
        try:
            yield
        finally:
            folder.unlink()
            aside.rename(folder)
            self.note("away", "blobs", began, time.time())

    @asynccontextmanager
    async def blobs_full(self) -> AsyncIterator[None]:
        """No worker may write a byte to any file: EFBIG, where a full disk says ENOSPC."""
        began = time.time()
        workers = [psutil.Process(pid) for pid in self.pids("worker")]
        for worker in workers:
            worker.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
        try:
            yield
        finally:
            for worker in workers:
                with suppress(psutil.NoSuchProcess):
                    worker.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
            self.note("full", "blobs", began, time.time())

    async def busy(self, victim: str) -> int:
        """The pid of a `worker` that draws right now, or of its `engine`; waits for one."""
        found: list[int] = []

        async def draws() -> bool:
            nonlocal found
            families = [process_tree(worker) for worker in await self.holders()]
            found = [pid for family in families for pid in family if _is(victim, pid)]
            return bool(found)

        await eventually(draws, within=_FOUND_WITHIN, every=0.05)
        return found[0]

    async def pid(self, victim: str) -> int:
        """The oldest living process of that name; waits for one that is being started."""
        await eventually(lambda: bool(self.pids(victim)), within=_FOUND_WITHIN, every=0.05)
        return self.pids(victim)[0]

    def pids(self, victim: str) -> list[int]:
        """All of that name, oldest first."""
        if victim not in _CHILDREN:
            return self.system.pids()[victim][:1]
        return [pid for pid in self.system.pids()["render"] if _is(victim, pid)]

    async def until_bereft(self, worker: int) -> None:
        """Others have taken back what this worker held."""

        async def is_bereft() -> bool:
            return worker not in await self.holders()

        await eventually(is_bereft, within=_FOUND_WITHIN, every=0.1)

    async def holders(self) -> list[int]:
        """The workers that hold a job, as render's database has it."""
        return await asyncio.to_thread(self._holders)

    def _holders(self) -> list[int]:
        addresses = self.system.addresses
        client: MongoClient[Mapping[str, Any]] = MongoClient(addresses.mongo_url)
        with client:
            render = client[f"{addresses.database_prefix}_render"]
            held = {one["state"]["worker"] for one in render["queue"].find(_RUNNING)}
            found = render["workers"].find({"_id": {"$in": sorted(held)}})
            return [one["state"]["pid"] for one in found]


def _send(pid: int, number: signal.Signals) -> None:
    """What has ended meanwhile needs no signal."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


async def _gone(pid: int, within: float) -> bool:
    try:
        await eventually(lambda: not _runs(pid), within=within)
    except TimeoutError:
        return False
    return True


def _runs(pid: int) -> bool:
    """A zombie does not: its parent has only not looked yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is(victim: str, pid: int) -> bool:
    return _CHILDREN[victim] in _arguments(pid)


def _arguments(pid: int) -> list[str]:
    try:
        return [Path(argument).name for argument in psutil.Process(pid).cmdline()]
    except psutil.Error:
        return []
