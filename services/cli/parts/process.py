"""A child process that writes a log, stops in bounded time and never outlives us."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from services.cli.parts import leash
from services.cli.parts.logfile import LogFile
from services.cli.parts.output import LineSink, OutputPipe

__all__ = ["Command", "ManagedProcess"]

Command = list[str | Path]

_OUTPUT_GRACE = 1.0


class ManagedProcess:
    """One child in a session of its own, so that signals to our terminal don't reach it.

    On Linux the kernel kills it when the thread that spawned it ends, however that happens.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: LogFile) -> None:
        self._process = process
        self._log = log
        self._pipe: OutputPipe | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._swept = False

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: LineSink | None = None,
    ) -> Self:
        """Starts `command`. Its output goes straight to `log`, or through `on_line` as well."""
        file = LogFile.open(log)
        pipe = await OutputPipe.open() if on_line else None
        try:
            process = await asyncio.create_subprocess_exec(
                *_leashed(command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipe.inlet if pipe else file.descriptor,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        except BaseException:
            file.close()
            if pipe:
                pipe.close()
            raise
        child = cls(process, file)
        if pipe and on_line:
            child._listen(pipe, on_line)
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; the negative signal number when a signal ended it."""
        return self._process.returncode

    @property
    def running(self) -> bool:
        return self.returncode is None

    async def wait(self) -> int:
        """Returns the exit code once the process, its children and its log are done."""
        code = await self._process.wait()
        self._sweep()
        if self._pumping is not None:
            await asyncio.wait([self._pumping], timeout=_OUTPUT_GRACE)
            self._pumping.cancel()
        if self._pipe is not None:
            self._pipe.close()
        self._log.close()
        return code

    async def stop(self, within: float) -> int:
        """Asks politely, and insists after `within` seconds."""
        self.signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.wait(), within)
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        self.signal(signal.SIGKILL)
        return await self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Signals the process alone; nothing happens when it has ended."""
        if self.running:
            self._process.send_signal(number)

    def tail(self, lines: int = 20) -> str:
        return self._log.tail(lines)

    def _listen(self, pipe: OutputPipe, on_line: LineSink) -> None:
        pipe.close_inlet()
        self._pipe = pipe
        self._pumping = asyncio.create_task(pipe.pump(self._log, on_line))

    def _sweep(self) -> None:
        if self._swept:
            return
        self._swept = True
        # The group keeps the pid of its leader taken for as long as any member lives.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _leashed(command: Sequence[str | Path]) -> list[str]:
    leashing = [sys.executable, "-I", "-S", str(leash.__file__), str(os.getpid())]
    return [*leashing, *map(str, command)]
