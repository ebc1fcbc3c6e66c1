"""Receivers of webhooks in the benchmark's own process, one of which may hang."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

__all__ = ["Sinks", "sinks"]

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


class Sinks:
    """By path: `/0`, `/1` and so on. `delays` are from an event's time to its arrival."""

    def __init__(self) -> None:
        self.port = 0
        self.hanging: set[str] = set()
        self.delays: dict[str, list[float]] = {}
        self.last = 0.0

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.port}/{number}"

    @property
    def arrived(self) -> int:
        return sum(map(len, self.delays.values()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = head.lower().partition("content-length:")[2].partition("\r\n")[0]
            event = json.loads(await reader.readexactly(int(length)))
            path = head.split(" ", 2)[1]
            if event["type"] != "webhook.challenge" and path in self.hanging:
                await asyncio.sleep(60)
            self._take(path, event)
            answer = event["data"].get("challenge", "").encode()
            writer.write(_OK % len(answer) + answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _take(self, path: str, event: dict[str, str]) -> None:
        if event["type"] != "job.completed":
            return
        happened = datetime.fromisoformat(event["timestamp"])
        delay = (datetime.now(UTC) - happened).total_seconds()
        self.delays.setdefault(path, []).append(delay)
        self.last = time.monotonic()


@asynccontextmanager
async def sinks() -> AsyncIterator[Sinks]:
    made = Sinks()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
