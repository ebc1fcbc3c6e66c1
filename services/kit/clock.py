"""Time as a collaborator, so that tests move it instead of sleeping."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock in UTC, whole milliseconds (what MongoDB keeps)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """Stands still until told; sleepers wake when `advance` passes their time."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = now
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def move(self, by: timedelta) -> None:
        """Moves time without giving sleepers a chance to run; for synchronous tests."""
        self._now += by
        self._elapsed += by.total_seconds()
        due = [future for wake_at, future in self._sleepers if wake_at <= self._elapsed]
        self._sleepers = [pair for pair in self._sleepers if pair[0] > self._elapsed]
        for future in due:
            if not future.done():
                future.set_result(None)

    async def advance(self, by: timedelta) -> None:
        """Moves time and lets whoever woke up run."""
        self.move(by)
        for _ in range(10):
            await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, future))
        await future
