"""Tells everyone the plans' limits at start, where they don't know them yet."""

import asyncio
from typing import Protocol

from services.contracts.events import LimitsChanged
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.documents import Documents
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.quota.core import Plan, PlanLimits, Plans, announce, limits_id

__all__ = ["Announcer", "HeardLimits"]

_TRY_AGAIN_SECONDS = 1.0


class HeardLimits(Protocol):
    """What the topic has of limits, once `until_caught_up` has returned."""

    async def until_caught_up(self) -> None: ...

    def get(self, key: str, /) -> LimitsChanged | None: ...


class Announcer:
    """Any replica announces, by compare-and-set: two that start at once agree.

    The adaptive law will change m in the same documents.
    """

    name = "announcer"

    def __init__(
        self,
        plans: Plans,
        documents: Documents[PlanLimits],
        heard: HeardLimits,
        clock: Clock,
        readiness: Readiness,
    ) -> None:
        self._plans = plans
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
        for plan in self._plans.plans:
            await self._announce(plan)

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

    async def _announce(self, plan: Plan) -> None:
        heard = self._heard.get(limits_id(plan))
        now = self._clock.now()
        await self._documents.change(
            limits_id(plan), lambda state: announce(state, plan, heard, now)
        )
