"""Messages as bytes on the socket between worker and engine: a length, then JSON.

JSON and not pickle: the engine opens model files, so the worker takes nothing from it that could
run code.
"""

import asyncio
import struct
from typing import Annotated, BinaryIO, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from services.render.engine.messages import Command, Reply
from services.render.engine.protocol import EngineError

__all__ = ["MAX_FRAME", "FrameError", "pack_command", "pack_reply", "read_command", "read_reply"]

#: Ten pictures of 4096 pixels a side fit, even such as PNG can't compress.
MAX_FRAME = 1024 * 1024 * 1024

_T = TypeVar("_T")
_LENGTH = struct.Struct(">I")
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])
_REPLIES: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="type")])


class FrameError(EngineError):
    """What came over the socket is no message; the connection is of no more use."""


def pack_command(command: Command) -> bytes:
    return _framed(_COMMANDS.dump_json(command))


def pack_reply(reply: Reply) -> bytes:
    return _framed(_REPLIES.dump_json(reply))


def read_command(stream: BinaryIO) -> Command | None:
    """The next command, or None when the other side has gone, even in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _checked(head)
    body = stream.read(length)
    return _parsed(_COMMANDS, body) if len(body) == length else None


async def read_reply(reader: asyncio.StreamReader) -> Reply | None:
    """The next reply, or None when the other side has gone, even in the middle of one."""
    try:
        body = await reader.readexactly(_checked(await reader.readexactly(_LENGTH.size)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return _parsed(_REPLIES, body)


def _framed(body: bytes) -> bytes:
    if len(body) > MAX_FRAME:
        raise FrameError(f"a message of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return _LENGTH.pack(len(body)) + body


def _checked(head: bytes) -> int:
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME:
        raise FrameError(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
    return int(length)


def _parsed(adapter: TypeAdapter[_T], body: bytes) -> _T:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        # The error's own text quotes its input, which may be a prompt.
        raise FrameError(f"not a message: {error.error_count()} errors") from None
