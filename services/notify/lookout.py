"""News that another replica stores, found for the clients that are here: one read for them all."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from services.contracts import AccountId, EventId
from services.kit.budget import budget
from services.kit.bus import RecentIds
from services.kit.errors import Unavailable
from services.kit.remembered import Remembered
from services.notify.hub import Hub
from services.notify.repository import Feeds

__all__ = ["Later", "Lookout"]

_SOON = (0.05, 0.5)
"""Seconds after an event at which its feed is looked at here, should another replica store it."""

_AFTER_THAT = (2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
"""From one further look to the next: whoever stores it may be slow, or have to be replaced."""

_PAGE = 200
_READ_SECONDS = 2.5

Later = Callable[[float, Callable[[], None]], object]
"""Calls something in so many seconds."""


class Lookout:
    """Looks for what the tail tells of, and for what was on its way when a client came.

    That may take a while: whoever was to store it may have died.
    """

    def __init__(self, feeds: Feeds, hub: Hub, later: Later | None = None) -> None:
        self._feeds = feeds
        self._hub = hub
        self._later = later or _call_later
        self._told = RecentIds()
        self._stored_here: Remembered[AccountId, bool] = Remembered()
        self._steps: dict[AccountId, int] = {}
        self._failed: set[AccountId] = set()
        self._reads: dict[AccountId, asyncio.Task[None]] = {}
        hub.greet(self._look_for_a_while)

    def heard(self, event: EventId, account: AccountId) -> None:
        """Somebody will store it, and clients of the account are here."""
        for seconds in self._soon(account):
            self._later(seconds, partial(self._look_for, event, account, seconds))

    def stored(self, event: EventId, account: AccountId) -> None:
        """By this replica, whose clients have been told."""
        self._told.add(event)
        self._stored_here[account] = True

    async def idle(self) -> None:
        """Returns when no read is under way."""
        while self._reads:
            await asyncio.wait(self._reads.values())

    def _soon(self, account: AccountId) -> Sequence[float]:
        """Whose last news this replica stored itself, it will most likely store again: no haste."""
        return _SOON[-1:] if self._stored_here.get(account) else _SOON

    def _look_for(self, event: EventId, account: AccountId, seconds: float) -> None:
        if event in self._told:
            return
        self._stored_here.forget(account)
        self._look(account)
        if seconds == _SOON[-1]:
            self._look_for_a_while(account)

    def _look_for_a_while(self, account: AccountId) -> None:
        if self._steps.get(account) != 0:
            self._steps[account] = 0
            self._later(_AFTER_THAT[0], partial(self._look_on, account, 0))

    def _look_on(self, account: AccountId, step: int) -> None:
        """A later event has begun anew where the account is at another step.

        A look that failed does not count: whoever stores the event has to wait for the store too.
        """
        if self._steps.get(account) != step:
            return
        following = step if account in self._failed else step + 1
        self._look(account)
        if following < len(_AFTER_THAT) and self._hub.has(account):
            self._steps[account] = following
            self._later(_AFTER_THAT[following], partial(self._look_on, account, following))
        else:
            del self._steps[account]
            self._failed.discard(account)

    def _look(self, account: AccountId) -> None:
        if account in self._reads:
            return
        task = asyncio.create_task(self._read(account))
        self._reads[account] = task
        task.add_done_callback(lambda _: self._reads.pop(account))

    async def _read(self, account: AccountId) -> None:
        """What lies behind the client that is furthest; those behind it find a gap, and read on."""
        after = self._hub.furthest(account)
        if after is None:
            return  # each is about to read by itself
        try:
            with budget(_READ_SECONDS):
                page = await self._feeds.after(account, after, limit=_PAGE)
        except Unavailable:
            self._failed.add(account)
            return
        self._failed.discard(account)
        if len(page) == _PAGE:
            self._hub.look(account)
        for notification in page:
            self._hub.tell(notification)


def _call_later(seconds: float, act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, act)
