"""An engine in a child process: torch, and whatever it does to memory, stays out of the worker."""

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from dataclasses import replace

from services.kit.clock import Clock, SystemClock
from services.render.engine.frames import FrameError, pack_command, read_reply
from services.render.engine.messages import (
    Cancel,
    Close,
    Command,
    Draw,
    EngineDied,
    Event,
    Ready,
    Shelved,
    Stepped,
    Unusable,
)
from services.render.engine.options import EngineOptions
from services.render.engine.protocol import EngineNotReadyError, EngineStartError

__all__ = ["EngineProcess"]

_STDERR = 2
_SEND_SECONDS = 10.0
_LINGER_SECONDS = 5.0


class EngineProcess:
    """`Engine` by `python -m services.render.engine`, one process for this engine's one life.

    The child is killed when the thread that called `start` ends: call it from the main thread.
    """

    def __init__(self, options: EngineOptions, *, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock or SystemClock()
        self._process: Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        # Unbounded, because what it holds is bounded by what the worker has submitted.
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._open: set[tuple[str, int]] = set()
        self._slots = 0
        self._last_progress = self._clock.monotonic()
        self._closing = False

    @property
    def slots(self) -> int:
        return self._slots

    @property
    def alive(self) -> bool:
        return self._listener is not None and not self._listener.done() and not self._closing

    @property
    def last_progress(self) -> float:
        return self._last_progress

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Ready:
        if self._process is not None:
            raise EngineStartError("an engine starts once")
        began = self._clock.monotonic()
        limit = self._options.start_seconds
        try:
            async with asyncio.timeout(limit):
                reader = await self._spawn()
                ready = await self._await_ready(reader)
        except BaseException as error:
            await self._end(grace=0)
            if isinstance(error, TimeoutError):
                raise EngineStartError(f"not ready after {limit:g} s of loading") from None
            raise
        self._slots = ready.slots
        self._last_progress = self._clock.monotonic()
        self._listener = asyncio.create_task(self._listen(reader), name="engine-listener")
        return replace(ready, seconds=self._last_progress - began)

    async def submit(self, draw: Draw) -> None:
        if not self.alive:
            raise EngineNotReadyError("the engine isn't running")
        if not self._open:
            self._last_progress = self._clock.monotonic()
        self._open.add((draw.job, draw.attempt))
        await self._send(draw)

    async def cancel(self, job: str, attempt: int) -> None:
        if self.alive and (job, attempt) in self._open:
            with contextlib.suppress(EngineNotReadyError):
                await self._send(Cancel(job=job, attempt=attempt))

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event

    async def close(self) -> None:
        if self._process is None:
            return
        if self.alive:
            self._closing = True
            with contextlib.suppress(EngineNotReadyError):
                await self._send(Close())
        await self._end(grace=self._options.close_seconds)
        if self._listener is not None:
            await self._listener

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _spawn(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "services.render.engine"),
                *("--socket", str(theirs.fileno()), "--parent", str(os.getpid())),
                *("--options", self._options.to_json()),
                stdin=DEVNULL,
                stdout=_STDERR,
                pass_fds=(theirs.fileno(),),
                env=_without_our_secrets(),
            )
        return reader

    async def _await_ready(self, reader: asyncio.StreamReader) -> Ready:
        assert self._process is not None
        match await read_reply(reader):
            case Ready() as ready:
                return ready
            case Shelved():
                return await self._await_ready(reader)
            case Unusable(reason=reason):
                raise EngineStartError(reason)
            case None:
                code = await self._process.wait()
                raise EngineStartError(f"the engine ended with code {code} while loading")
            case reply:
                raise EngineStartError(f"the engine began with {reply.type}")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(FrameError):
            while (reply := await read_reply(reader)) is not None:
                self._last_progress = self._clock.monotonic()
                if isinstance(reply, Ready | Unusable):
                    continue
                if not isinstance(reply, Stepped | Shelved):
                    self._open.discard((reply.job, reply.attempt))
                self._events.put_nowait(reply)
        code = await self._end(grace=_LINGER_SECONDS)
        if not self._closing:
            self._events.put_nowait(EngineDied(exit_code=code))
        self._events.put_nowait(None)

    async def _send(self, command: Command) -> None:
        assert self._writer is not None
        try:
            self._writer.write(pack_command(command))
            async with asyncio.timeout(_SEND_SECONDS):
                await self._writer.drain()
        except (ConnectionError, TimeoutError) as error:
            self.kill()
            raise EngineNotReadyError("the engine takes no commands") from error

    async def _end(self, *, grace: float) -> int:
        """Sees the process to its end, after `grace` seconds by force. Safe to call twice."""
        try:
            async with asyncio.timeout(grace):
                return await self._exit_code()
        except TimeoutError:
            self.kill()
            return await self._exit_code()
        finally:
            if self._writer is not None:
                self._writer.close()

    async def _exit_code(self) -> int:
        return await self._process.wait() if self._process is not None else 0


def _without_our_secrets() -> dict[str, str]:
    """The process that opens model files gets none of the service's own settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("HEATSINK_")}
