"""A worker does not outlive the service that started it."""

import asyncio
import os
import signal
from collections.abc import Callable

import structlog

from services.kit.clock import Clock
from services.kit.pause import pause

__all__ = ["ParentWatch"]

_log = structlog.get_logger("render.worker")

_EVERY_SECONDS = 0.5


class ParentWatch:
    """A Component. When the parent dies, the worker drains as if told to."""

    name = "parent"

    def __init__(
        self,
        parent: int,
        clock: Clock,
        *,
        current: Callable[[], int] = os.getppid,
        drain: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
    ) -> None:
        self._parent = parent
        self._clock = clock
        self._current = current
        self._drain = drain

    async def run(self, stop: asyncio.Event) -> None:
        while not await pause(self._clock, _EVERY_SECONDS, stop):
            if self._current() != self._parent:
                _log.warning("parent_died", parent=self._parent)
                self._drain()
                await stop.wait()
