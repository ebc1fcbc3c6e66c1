"""Components of a service in the test's own process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from services.kit.component import Component, Readiness
from services.kit.http import HttpServer
from tests.waiting import eventually

__all__ = ["running", "served"]


@asynccontextmanager
async def running(components: Sequence[Component], readiness: Readiness) -> AsyncIterator[None]:
    """Runs components until the block ends, then stops them in reverse order."""
    stops = [asyncio.Event() for _ in components]
    tasks = [
        asyncio.create_task(component.run(stop))
        for component, stop in zip(components, stops, strict=True)
    ]
    try:
        await eventually(lambda: readiness.ready)
        yield
    finally:
        for task, stop in reversed(list(zip(tasks, stops, strict=True))):
            stop.set()
            await task


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The app on a free port of this machine, until the block ends."""
    readiness = Readiness()
    server = HttpServer(app, "127.0.0.1", 0, readiness, drain_seconds=1)
    async with running([server], readiness):
        await server.started.wait()
        yield server.port
