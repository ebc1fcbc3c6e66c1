"""News becomes part of its account's feed, and then everybody who should hear of it does."""

from collections.abc import Awaitable, Callable

from services.contracts import AccountId
from services.kit.erasures import Erasures
from services.notify.core import Notice
from services.notify.hub import Hub
from services.notify.repository import Feeds

__all__ = ["Announcer", "FanOutTo"]

FanOutTo = Callable[[AccountId], Awaitable[None]]
"""Sees to it that endpoints of an account are told what is new in its feed."""


class Announcer:
    """Stored first: whoever is told can find it there."""

    def __init__(self, feeds: Feeds, hub: Hub, erasures: Erasures) -> None:
        self._feeds = feeds
        self._hub = hub
        self._erasures = erasures
        self._fanout: FanOutTo = _nobody

    def fan_out(self, fanout: FanOutTo) -> None:
        """From now on, also by this way."""
        self._fanout = fanout

    async def announce(self, news: Notice) -> bool:
        """False for what was there before, be it by another replica. Raises Unavailable."""
        stored = await self._feeds.append(news)
        if await self._erasures.meets(news.account):
            return False
        await self._fanout(news.account)
        if stored:
            self._hub.tell(stored)
        return stored is not None


async def _nobody(_: AccountId) -> None:
    """No endpoints."""
