"""Reads the engine's replies without an event loop."""

import asyncio
import struct
from typing import BinaryIO

from services.render.engine.frames import read_reply
from services.render.engine.messages import Reply


def read_reply_now(stream: BinaryIO) -> Reply:
    head = stream.read(4)
    (length,) = struct.unpack(">I", head)
    body = stream.read(length)

    async def parsed() -> Reply | None:
        reader = asyncio.StreamReader()
        reader.feed_data(head + body)
        reader.feed_eof()
        return await read_reply(reader)

    reply = asyncio.run(parsed())
    assert reply is not None
    return reply
