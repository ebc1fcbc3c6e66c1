"""What a child writes, on its way to a log and to whoever listens line by line."""

import asyncio
import os
from collections.abc import Callable
from typing import Self

from services.cli.parts.logfile import LogFile

__all__ = ["LineSink", "OutputPipe"]

LineSink = Callable[[str], None]
"""Called with each line a process writes, in order, without its line end."""

_CHUNK = 64 * 1024


class OutputPipe:
    """A pipe of our own: with asyncio's, a process has only ended when all its children have."""

    def __init__(
        self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport, inlet: int
    ) -> None:
        self._reader = reader
        self._transport = transport
        self.inlet = inlet

    @classmethod
    async def open(cls) -> Self:
        """`inlet` is the descriptor for the child; ours is to be closed once it has its own."""
        outlet, inlet = os.pipe()
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(outlet, "rb", buffering=0)
        )
        return cls(reader, transport, inlet)

    def close_inlet(self) -> None:
        if self.inlet >= 0:
            os.close(self.inlet)
            self.inlet = -1

    def close(self) -> None:
        self.close_inlet()
        self._transport.close()

    async def pump(self, log: LogFile, on_line: LineSink) -> None:
        """Until the last writer closes it. A line without an end is told in pieces."""
        rest = b""
        while chunk := await self._reader.read(_CHUNK):
            log.write(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _CHUNK:
                whole, rest = [*whole, rest], b""
            for line in whole:
                on_line(line.decode(errors="replace").rstrip("\r"))
        if rest:
            on_line(rest.decode(errors="replace"))
