"""Taking turns by key within one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from services.kit.budget import left, spending
from services.kit.errors import Unavailable

__all__ = ["Turns"]


class Turns:
    """First come, first served for each key. Keys that nobody waits for are forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def taken(self, key: str) -> bool:
        lock = self._locks.get(key)
        return lock is not None and lock.locked()

    @asynccontextmanager
    async def of(self, key: str, seconds: float) -> AsyncIterator[None]:
        """Raises Unavailable when the turn does not come within `seconds`."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            with spending():
                async with asyncio.timeout(left(seconds)):
                    await lock.acquire()
        except TimeoutError as error:
            raise Unavailable("database", "too many wait to change one document") from error
        try:
            yield
        finally:
            lock.release()
