"""Waiting that a stop cuts short."""

import asyncio

from services.kit.clock import Clock

__all__ = ["pause"]


async def pause(clock: Clock, seconds: float, stop: asyncio.Event) -> bool:
    """Sleeps for `seconds`; true as soon as `stop` is set."""
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        stopping.cancel()
    return stop.is_set()
