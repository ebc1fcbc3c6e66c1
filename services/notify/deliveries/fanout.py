"""From an account's feed to deliveries: one for each endpoint that wants the event."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from services.contracts import AccountId
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.kit.remembered import Remembered
from services.notify.core.endpoint import Endpoint
from services.notify.deliveries.contents import delivery_of
from services.notify.deliveries.store import Deliveries, Endpoints
from services.notify.repository import Feeds

__all__ = ["FanOut"]

log = structlog.get_logger(__name__)

_PAGE = 100
_REMEMBERED = 5.0
_LOOK_EVERY = 5.0
_CHANGED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class _Looked:
    endpoints: tuple[Endpoint, ...]
    until: float


class FanOut:
    """Each endpoint has a cursor in its account's feed: what lies behind it has its delivery.

    Called for each event that is stored, and again for one that comes again: after a crash between
    the two it goes on from the cursor. That an account has no endpoint is remembered for seconds;
    endpoints made meanwhile by another replica are found by looking.
    """

    name = "fan-out"

    def __init__(
        self,
        endpoints: Endpoints,
        deliveries: Deliveries,
        feeds: Feeds,
        clock: Clock,
        *,
        told: Callable[[], None],
    ) -> None:
        """`told` is called when something is due."""
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._feeds = feeds
        self._clock = clock
        self._told = told
        self._looked: Remembered[AccountId, _Looked] = Remembered(10_000)

    async def run(self, stop: asyncio.Event) -> None:
        while not await pause(self._clock, _LOOK_EVERY, stop):
            try:
                await self.look()
            except Unavailable as error:
                log.warning("fanout_put_off", part=error.part)

    async def look(self) -> None:
        """Sees to endpoints that are new. Raises Unavailable."""
        for endpoint in await self._endpoints.changed_since(self._clock.now() - _CHANGED_WITHIN):
            await self._see_to(endpoint)

    async def account(self, account: AccountId) -> None:
        """Something may be new in its feed. Raises Unavailable."""
        for endpoint in await self._of(account):
            await self._see_to(endpoint)

    def forget(self, account: AccountId) -> None:
        """Its endpoints have changed."""
        self._looked.forget(account)

    async def _of(self, account: AccountId) -> tuple[Endpoint, ...]:
        now = self._clock.monotonic()
        looked = self._looked.get(account)
        if looked is None or looked.until <= now:
            found = tuple(await self._endpoints.of(account))
            looked = self._looked[account] = _Looked(found, now + _REMEMBERED)
        return looked.endpoints

    async def _see_to(self, endpoint: Endpoint) -> None:
        current = await self._endpoints.get(endpoint.id)
        if current is None or current.disabled_at:
            return
        cursor = current.cursor
        while page := await self._feeds.after(current.account, cursor, limit=_PAGE):
            wanted = [one for one in page if current.wants(one.notice.type)]
            for one in wanted:
                await self._deliveries.add(delivery_of(current, one, self._clock.now()))
            cursor = page[-1].sequence
            # A few that nobody wants are read again with the next: that spares a write for each.
            if wanted or len(page) == _PAGE:
                await self._advance(current, cursor)
                self._told()

    async def _advance(self, endpoint: Endpoint, cursor: int) -> None:
        await self._endpoints.change(
            endpoint.id, lambda known: replace(known, cursor=max(known.cursor, cursor))
        )
