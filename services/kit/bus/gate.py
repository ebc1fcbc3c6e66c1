"""The door before every handler call: shut while paused, or while a part is away."""

import asyncio

from services.kit.bus.backoff import Backoff
from services.kit.clock import Clock

__all__ = ["Gate"]


class Gate:
    """Who waits here holds up nobody's poll."""

    def __init__(self, clock: Clock, backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff(first=0.1, longest=5.0)
        self._open = asyncio.Event()
        self._open.set()
        self._paused: str | None = None
        self._blown: str | None = None
        self._away: str | None = None
        self._back_at = 0.0

    @property
    def shut(self) -> str | None:
        """Why nothing passes, or none."""
        if reason := self._blown or self._paused:
            return reason
        return self._away if self._clock.monotonic() < self._back_at else None

    @property
    def blown(self) -> str | None:
        return self._blown

    def pause(self, reason: str) -> None:
        self._paused = reason
        self._open.clear()

    def resume(self) -> None:
        """Opens what `pause` shut; a blown gate stays shut."""
        self._paused = None
        if self._blown is None:
            self._open.set()

    def blow(self, reason: str) -> None:
        """Shuts for the life of the process."""
        self._blown = reason
        self._open.clear()

    def failed(self, part: str) -> None:
        """Shuts for a while, longer with each failure in a row. Calls under way count once."""
        if self.shut is None:
            self._away = f"{part}_unavailable"
            self._back_at = self._clock.monotonic() + self._backoff.next()

    def worked(self) -> None:
        self._backoff.reset()

    async def passage(self) -> None:
        """Returns when the gate is open."""
        while self.shut is not None:
            if self._open.is_set():
                await self._clock.sleep(self._back_at - self._clock.monotonic())
            else:
                await self._open.wait()
