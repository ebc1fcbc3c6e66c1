"""A child process that writes a log, stops in bounded time and never outlives us."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from services.cli.parts import leash
from services.cli.parts.logfile import LogFile

__all__ = ["Command", "LineSink", "ManagedProcess"]

Command = list[str | Path]

LineSink = Callable[[str], None]
"""Called with each line a process writes, in order, without its line end."""

_CHUNK = 64 * 1024
_OUTPUT_GRACE = 1.0


class ManagedProcess:
    """One child in a session of its own, so that signals to our terminal don't reach it.

    On Linux the kernel kills it when the thread that spawned it ends, however that happens.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, log: LogFile, on_line: LineSink | None
    ) -> None:
        self._process = process
        self._log = log
        self._swept = False
        self._output = asyncio.create_task(self._pump(on_line)) if on_line else None

    @classmethod
    async def spawn(
        cls,
        command: Command,
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: LineSink | None = None,
    ) -> Self:
        """Starts `command`. Its output goes straight to `log`, or through `on_line` as well."""
        file = LogFile.open(log)
        try:
            process = await asyncio.create_subprocess_exec(
                *_leashed(command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if on_line else file.descriptor,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        except BaseException:
            file.close()
            raise
        return cls(process, file, on_line)

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
        if not self._swept:
            self._swept = True
            self._sweep()
        if self._output is not None:
            await asyncio.wait([self._output], timeout=_OUTPUT_GRACE)
            self._output.cancel()
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

    def _sweep(self) -> None:
        # The group keeps the pid of its leader taken for as long as any member lives.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _pump(self, on_line: LineSink) -> None:
        stream = self._process.stdout
        assert stream is not None
        rest = b""
        while chunk := await stream.read(_CHUNK):
            self._log.write(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _CHUNK:
                whole, rest = [*whole, rest], b""
            for line in whole:
                on_line(line.decode(errors="replace").rstrip("\r"))
        if rest:
            on_line(rest.decode(errors="replace"))


def _leashed(command: Command) -> list[str]:
    leashing = [sys.executable, "-I", "-S", str(leash.__file__), str(os.getpid())]
    return [*leashing, *map(str, command)]
