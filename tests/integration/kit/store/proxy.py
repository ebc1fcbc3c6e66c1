"""A wire to the database that can be cut, or lose an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Wire"]

_CHUNK = 65536


class Wire:
    """Passes bytes on. `cut` refuses and drops all; `silent` takes requests and answers nothing.

    `lose_answer_to` drops the connection in place of the next answer to a request that contains
    these bytes; the request itself arrives. `double` sends such a request twice, and passes on the
    second answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lose: bytes | None = None
        self._double: bytes | None = None
        self.cut = False
        self.silent = False
        self.lost = 0
        self.doubled = 0
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        wire = cls(parts.hostname, parts.port)
        server = await asyncio.start_server(wire._serve, "127.0.0.1", 0)
        wire.port = server.sockets[0].getsockname()[1]
        try:
            yield wire
        finally:
            server.close()
            wire.drop()
            await asyncio.gather(*wire._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def lose_answer_to(self, request: bytes) -> None:
        self._lose = request

    def double(self, request: bytes) -> None:
        self._double = request

    def drop(self) -> None:
        """Ends all connections as they are."""
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        ends = {writer, far_writer}
        self._writers |= ends
        losing = asyncio.Event()
        for task in (
            asyncio.create_task(self._requests(reader, far_writer, losing)),
            asyncio.create_task(self._answers(far_reader, writer, losing)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: _close(ends))

    async def _requests(
        self, reader: asyncio.StreamReader, far: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self._lose and self._lose in data:
                    self._lose = None
                    losing.set()
                if self._double and self._double in data:
                    self._double = None
                    await self._send_aside(data)
                far.write(data)
                await far.drain()

    async def _send_aside(self, request: bytes) -> None:
        reader, writer = await asyncio.open_connection(*self._target)
        writer.write(request)
        assert await reader.read(_CHUNK)
        self.doubled += 1
        writer.close()

    async def _answers(
        self, far: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await far.read(_CHUNK):
                if losing.is_set():
                    self.lost += 1
                    return
                if not self.silent:
                    writer.write(data)
                    await writer.drain()


def _close(ends: set[asyncio.StreamWriter]) -> None:
    for end in ends:
        end.close()
