"""The local fleet: keeps worker processes alive, and gives back at once what a dead one held."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from services.kit.clock import Clock
from services.kit.errors import KitError
from services.kit.pause import pause
from services.render.repository import Workers
from services.render.sweep import Sweep

__all__ = ["Fleet", "Launch", "Process"]

_log = structlog.get_logger("render.fleet")

_LOOK_SECONDS = 1.0
_YOUNG_SECONDS = 30.0
_LONGEST_PAUSE = 30.0
_KILL_SECONDS = 2.0


class Process(Protocol):
    """What `asyncio.subprocess.Process` is. A negative return code is a signal's number."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Launch = Callable[[int], Awaitable[tuple[str, Process]]]
"""Starts the n-th worker process of this fleet's life; answers the worker's name too."""


@dataclass
class _Member:
    name: str
    process: Process
    since: float
    leaving: bool = False


class Fleet:
    """A Component. `wanted` is asked at each look how many workers there should be.

    `is_alive` tells whether a process of this machine still runs: what an earlier life of this
    service left behind is found in the register by `replica`.
    """

    name = "fleet"

    def __init__(
        self,
        launch: Launch,
        wanted: Callable[[], int],
        *,
        replica: str,
        workers: Workers,
        sweep: Sweep,
        is_alive: Callable[[int], bool],
        clock: Clock,
    ) -> None:
        self._launch = launch
        self._wanted = wanted
        self._replica = replica
        self._workers = workers
        self._sweep = sweep
        self._is_alive = is_alive
        self._clock = clock
        self._members: list[_Member] = []
        self._launched = 0
        self._dead: set[str] = set()
        self._inherited = False
        self._pause = 0.0
        self._launch_from = 0.0
        self._news = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ring_at(stop))
            try:
                while not stop.is_set():
                    await self._look(tasks)
                    await pause(self._clock, _LOOK_SECONDS, self._news)
                    self._news.clear()
                await self._dismiss()
            finally:
                await self._kill()

    async def _look(self, tasks: asyncio.TaskGroup) -> None:
        self._bury()
        await self._settle_estates()
        await self._fit(tasks)

    def _bury(self) -> None:
        """Takes note of workers that have ended."""
        for member in [one for one in self._members if one.process.returncode is not None]:
            self._members.remove(member)
            self._dead.add(member.name)
            if member.leaving:
                _log.info("worker_left", worker=member.name)
                continue
            lived = self._clock.monotonic() - member.since
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 1) if lived < _YOUNG_SECONDS else 0
            self._launch_from = self._clock.monotonic() + self._pause
            _log.warning(
                "worker_died",
                worker=member.name,
                exit_code=member.process.returncode,
                lived_seconds=round(lived, 1),
                pause_seconds=self._pause,
            )

    async def _settle_estates(self) -> None:
        """The claims of the dead go back to the queue; where the database is away, a look later."""
        try:
            if not self._inherited:
                await self._inherit()
            for name in tuple(self._dead):
                await self._sweep.bereave(name)
                await self._workers.leave(name)
                self._dead.discard(name)
        except KitError as error:
            _log.warning("claims_not_given_back", workers=len(self._dead), reason=str(error))

    async def _inherit(self) -> None:
        for name, record in (await self._workers.all()).items():
            if record.fleet == self._replica and not self._is_alive(record.pid):
                self._dead.add(name)
        self._inherited = True

    async def _fit(self, tasks: asyncio.TaskGroup) -> None:
        wanted = self._wanted()
        staying = [member for member in self._members if not member.leaving]
        if len(staying) > wanted:
            await self._let_go(staying, wanted)
        if self._clock.monotonic() >= self._launch_from:
            for _ in range(wanted - len(staying)):
                await self._hire(tasks)

    async def _let_go(self, staying: list[_Member], wanted: int) -> None:
        """The idle first, of these the youngest; where nobody can tell who is, a look later."""
        try:
            records = await self._workers.all()
        except KitError as error:
            _log.warning("workers_not_dismissed", reason=str(error))
            return
        busy = {name for name, record in records.items() if record.running}
        drawing = [member for member in staying if member.name in busy]
        idle = [member for member in staying if member.name not in busy]
        for member in (drawing + idle)[wanted:]:
            _tell_to_leave(member)
            _log.info("worker_dismissed", worker=member.name, busy=member.name in busy)

    async def _hire(self, tasks: asyncio.TaskGroup) -> None:
        self._launched += 1
        name, process = await self._launch(self._launched)
        self._members.append(_Member(name, process, self._clock.monotonic()))
        tasks.create_task(self._ring_after(process))
        _log.info("worker_started", worker=name, pid=process.pid)

    async def _dismiss(self) -> None:
        """Lets all drain and go; whoever runs this component bounds how long."""
        for member in self._members:
            _tell_to_leave(member)
        for member in self._members:
            await member.process.wait()
        self._bury()
        await self._settle_estates()

    async def _kill(self) -> None:
        left = [one for one in self._members if one.process.returncode is None]
        for member in left:
            _log.warning("worker_killed", worker=member.name)
            with suppress(ProcessLookupError):
                member.process.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(_KILL_SECONDS):
                for member in left:
                    await member.process.wait()

    async def _ring_after(self, process: Process) -> None:
        await process.wait()
        self._news.set()

    async def _ring_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._news.set()


def _tell_to_leave(member: _Member) -> None:
    """Once: a second signal would end it without a drain."""
    if not member.leaving:
        member.leaving = True
        with suppress(ProcessLookupError):
            member.process.terminate()
