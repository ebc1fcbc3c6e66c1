"""A sleeper's bell: whoever has news for it rings."""

import asyncio

from services.kit.clock import Clock
from services.kit.pause import pause

__all__ = ["Bell"]


class Bell:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def nap(self, seconds: float) -> None:
        """Returns at the next ring, at once where one was missed, or after `seconds`."""
        await pause(self._clock, seconds, self._rung)
        self._rung.clear()
