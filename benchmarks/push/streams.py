"""Many streams held open by one process, and when each heard of one thing."""

import asyncio
import time
from urllib.parse import urlsplit

__all__ = ["Streams"]

_AT_ONCE = 100
_TRIES = 20
_PAUSE = 1.0


class Streams:
    """Plain sockets: a client library would be measured along. Marks are found in what comes."""

    def __init__(self, url: str, path: str, key: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
        ).encode()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.refused = 0
        self.heard: dict[bytes, list[float]] = {}

    async def open(self, count: int) -> int:
        """How many of them were given a stream."""
        while len(self._tasks) < count:
            few = min(_AT_ONCE, count - len(self._tasks))
            self._tasks += await asyncio.gather(*(self._one() for _ in range(few)))
        return sum(not task.done() for task in self._tasks)

    def listen_for(self, mark: bytes) -> None:
        self.heard[mark] = []

    async def until_heard(self, mark: bytes, by: int, within: float) -> list[float]:
        """The moments at which they heard it."""
        async with asyncio.timeout(within):
            while len(self.heard[mark]) < by:  # noqa: ASYNC110 - thousands tell, none is told
                await asyncio.sleep(0.05)
        return self.heard[mark]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()

    async def _one(self) -> asyncio.Task[None]:
        """Where there is no room for it now, it tries again as a client would."""
        for _ in range(_TRIES):
            reader, writer = await asyncio.open_connection(*self._place)
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " in head.partition(b"\r\n")[0]:
                self._writers.append(writer)
                return asyncio.create_task(self._read(reader))
            writer.close()
            self.refused += 1
            await asyncio.sleep(_PAUSE)
        raise ConnectionError(head.decode(errors="replace"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while part := await reader.read(65_536):
            now = time.monotonic()
            for mark, moments in self.heard.items():
                if mark in part:
                    moments.append(now)
