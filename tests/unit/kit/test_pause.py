import asyncio
from datetime import timedelta

from services.kit.clock import ManualClock
from services.kit.pause import pause


async def test_a_pause_ends_with_its_time() -> None:
    clock, stop = ManualClock(), asyncio.Event()
    waiting = asyncio.create_task(pause(clock, 5, stop))
    await clock.advance(timedelta())
    await clock.advance(timedelta(seconds=4))
    assert not waiting.done()
    await clock.advance(timedelta(seconds=1))
    assert await waiting is False


async def test_a_stop_cuts_a_pause_short() -> None:
    clock, stop = ManualClock(), asyncio.Event()
    waiting = asyncio.create_task(pause(clock, 5, stop))
    await clock.advance(timedelta())
    stop.set()
    assert await waiting is True
