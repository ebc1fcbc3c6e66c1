"""Hears an engine out, with a deadline."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import cast

from services.render.engine.messages import Draw, Drawn, Event, Stepped
from services.render.engine.protocol import Engine

SECONDS = 60.0


async def next_event(engine: Engine) -> Event:
    events = cast("AsyncGenerator[Event]", engine.events())
    async with asyncio.timeout(SECONDS), contextlib.aclosing(events):
        return await anext(events)


async def to_its_end(engine: Engine) -> tuple[list[Stepped], Event]:
    """The steps up to the next event that is none, and that event."""
    steps: list[Stepped] = []
    while isinstance(event := await next_event(engine), Stepped):
        steps.append(event)
    return steps, event


async def drawn(engine: Engine, draw: Draw) -> Drawn:
    await engine.submit(draw)
    _, end = await to_its_end(engine)
    assert isinstance(end, Drawn), end
    return end
