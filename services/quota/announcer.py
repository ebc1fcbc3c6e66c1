"""Tells everyone the plans' limits at start, where they don't know them yet."""

import asyncio
from typing import Protocol

from services.contracts.events import LimitsChanged
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.documents import Documents
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.quota.core import DEFAULT_POOL, Plans, PoolLimits, announce
from services.quota.core.law import DEFAULTS, Constants

__all__ = ["Announcer", "HeardLimits"]

_TRY_AGAIN_SECONDS = 1.0


class HeardLimits(Protocol):
    """What the topic has of limits, once `until_caught_up` has returned."""

    async def until_caught_up(self) -> None: ...

    def get(self, key: str, /) -> LimitsChanged | None: ...


class Announcer:
    """Any replica announces, by compare-and-set: two that start at once agree.

    The law moves m in the same document, and announces pools that it hears of later.
    """

    name = "announcer"

    def __init__(
        self,
        plans: Plans,
        documents: Documents[PoolLimits],
        heard: HeardLimits,
        clock: Clock,
        readiness: Readiness,
        *,
        k: Constants = DEFAULTS,
    ) -> None:
        self._plans = plans
        self._k = k
        self._documents = documents
        self._heard = heard
        self._clock = clock
        self._readiness = readiness

    async def run(self, stop: asyncio.Event) -> None:
        self._readiness.block("limits", "not announced yet")
        announcing = asyncio.ensure_future(self._until_announced(stop))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({announcing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if announcing.done():
                await announcing
                await stopping
        finally:
            announcing.cancel()
            stopping.cancel()

    async def announce(self) -> None:
        """Announces each plan that needs it. Raises Unavailable."""
        now = self._clock.now()
        await self._documents.change(
            DEFAULT_POOL,
            lambda state: announce(state or PoolLimits(), self._plans, self._heard, now, self._k),
        )

    async def _until_announced(self, stop: asyncio.Event) -> None:
        await self._heard.until_caught_up()
        while not stop.is_set():
            try:
                await self.announce()
            except Unavailable as error:
                self._readiness.block("limits", str(error))
                await pause(self._clock, _TRY_AGAIN_SECONDS, stop)
            else:
                self._readiness.clear("limits")
                return
