"""Open streams end before the server drains, a few at a time: their clients come back elsewhere."""

import asyncio
import random

from services.kit.clock import Clock
from services.notify.hub import Hub

__all__ = ["StreamCloser"]

_TICK = 0.05
_AT_LEAST_A_SECOND = 20


class StreamCloser:
    """The last component, so that it is the first to stop.

    It takes `seconds` where there are many streams, in random order: another replica is not met by
    all of them at once. Few are not kept waiting for that: at least twenty a second end.
    """

    name = "streams"

    def __init__(self, hub: Hub, clock: Clock, *, seconds: float) -> None:
        self._hub = hub
        self._clock = clock
        self._seconds = seconds

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        open_ = self._hub.leave()
        random.shuffle(open_)
        each = max(_AT_LEAST_A_SECOND, len(open_) / max(self._seconds, _TICK)) * _TICK
        ended = 0.0
        while open_:
            ended += each
            while open_ and ended >= 1:
                open_.pop().close("stopping")
                ended -= 1
            if open_:
                await self._clock.sleep(_TICK)
