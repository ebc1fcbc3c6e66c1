"""A wire to a server that can be slow, silent or cut, or lose an answer: a proxy for faults."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

__all__ = ["Way", "Wire"]

_CHUNK = 65536
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Way:
    """One direction. `latency` is seconds before each chunk, `rate` bytes a second.

    What a stalled way was given arrives when it is healed, as TCP would send it again.
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.rate: float | None = None
        self._open = asyncio.Event()
        self._open.set()

    def stall(self) -> None:
        self._open.clear()

    def heal(self) -> None:
        self.latency, self.rate = 0.0, None
        self._open.set()

    async def carry(self, data: bytes, to: asyncio.StreamWriter) -> None:
        await self._open.wait()
        await asyncio.sleep(self.latency)
        while data:
            rate = self.rate
            size = len(data) if rate is None else max(1, int(rate / 20))
            to.write(data[:size])
            await to.drain()
            data = data[size:]
            if rate is not None:
                await asyncio.sleep(size / rate)


class Wire:
    """Passes bytes on between its clients and one server, as its two ways let it.

    While it `refuses`, it takes no new connection. `lost` and `doubled` count what was asked for
    by `lose_answer_to` and `double`.
    """

    def __init__(self, host: str, port: int) -> None:
        self.to_server = Way()
        self.to_client = Way()
        self.refuses = False
        self.lost = 0
        self.doubled = 0
        self.port = 0
        self._target = host, port
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._losing: tuple[bytes, ...] = ()
        self._to_lose = 0
        self._double: bytes | None = None

    @classmethod
    @asynccontextmanager
    async def to(cls, address: str) -> AsyncIterator[Self]:
        """`address` is the server's `host:port`; it need not be there yet."""
        host, _, port = address.rpartition(":")
        wire = cls(host, int(port))
        server = await asyncio.start_server(wire._serve, "127.0.0.1", 0)
        wire.port = server.sockets[0].getsockname()[1]
        try:
            yield wire
        finally:
            server.close()
            wire.drop()
            for task in wire._tasks:
                task.cancel()
            await asyncio.gather(*wire._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._ends) // 2

    def lose_answer_to(self, *requests: bytes, times: int = 1) -> None:
        """The connection ends in place of the next answers to requests with any of these bytes.

        The requests themselves arrive.
        """
        self._losing, self._to_lose = requests, times

    def double(self, request: bytes) -> None:
        """The next request with these bytes arrives twice; the second's answer is passed on."""
        self._double = request

    def drop(self) -> None:
        """Ends all connections."""
        for end in list(self._ends):
            end.close()

    def reset(self) -> None:
        """Breaks all connections: each end gets a RST."""
        for end in list(self._ends):
            _reset(end)

    def cut(self) -> None:
        """Drops what there is and refuses what comes, until healed."""
        self.refuses = True
        self.drop()

    def heal(self) -> None:
        """From here on it is a wire like any other."""
        self.refuses = False
        self._losing, self._to_lose, self._double = (), 0, None
        self.to_server.heal()
        self.to_client.heal()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        ends = {writer, far_writer}
        self._ends |= ends
        losing = asyncio.Event()
        for carrying in (
            self._requests(reader, far_writer, losing),
            self._answers(far_reader, writer, losing),
        ):
            task = asyncio.create_task(carrying)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: self._close(ends))

    def _close(self, ends: set[asyncio.StreamWriter]) -> None:
        self._ends -= ends
        for end in ends:
            end.close()

    async def _requests(
        self, reader: asyncio.StreamReader, far: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self._to_lose and any(request in data for request in self._losing):
                    self._to_lose -= 1
                    losing.set()
                if self._double and self._double in data:
                    self._double = None
                    await self._send_aside(data)
                await self.to_server.carry(data, far)

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
                await self.to_client.carry(data, writer)


def _reset(end: asyncio.StreamWriter) -> None:
    connected: socket.socket | None = end.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    end.transport.abort()
