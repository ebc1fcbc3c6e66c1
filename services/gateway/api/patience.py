"""Waiting for as long as there is somebody to answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

__all__ = ["CLIENT_GONE", "while_connected"]

CLIENT_GONE = 499
"""nginx's word for a client that did not wait; it reaches logs and metrics alone."""

T = TypeVar("T")


async def while_connected(request: Request, waiting: Coroutine[Any, Any, T]) -> T | None:
    """What is waited for; none as soon as the client has hung up.

    The request's body must have been read.
    """
    waits = asyncio.ensure_future(waiting)
    leaves = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait({waits, leaves}, return_when=asyncio.FIRST_COMPLETED)
        return waits.result() if waits.done() else None
    finally:
        waits.cancel()
        leaves.cancel()
        await asyncio.wait({waits, leaves})


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
