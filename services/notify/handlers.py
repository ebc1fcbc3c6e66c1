"""Events become news: stored first, then pushed to whoever listens."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from services.contracts import AccountId, Envelope, Event, EventId
from services.contracts.events import AccountChanged, AccountStatus
from services.kit.bus import RecentIds
from services.kit.erasures import Erasures
from services.kit.remembered import Remembered
from services.notify.announcer import Announcer
from services.notify.core import live_notice, notice
from services.notify.hub import Hub
from services.notify.keyring import Keyring

__all__ = ["Handlers"]

_LOOKS = (0.05, 0.5)
"""Seconds after an event at which its feed is looked at here, should another replica store it."""

_MORE_LOOKS, _EVERY = 5, 2.5
"""As often, so many seconds apart, it is looked at after that: whoever stores it may be slow."""

Later = Callable[[float, Callable[[], None]], object]
"""Calls something in so many seconds."""


class Handlers:
    """What the group makes durable, and what the tail only passes on."""

    def __init__(
        self,
        announcer: Announcer,
        keyring: Keyring,
        hub: Hub,
        erasures: Erasures,
        *,
        later: Later | None = None,
    ) -> None:
        self._announcer = announcer
        self._keyring = keyring
        self._erasures = erasures
        self._hub = hub
        self._later = later or _call_later
        self._told = RecentIds()
        self._stored_here: Remembered[AccountId, bool] = Remembered()
        self._looks_left: dict[AccountId, int] = {}

    async def store(self, envelope: Envelope[Event]) -> None:
        """Appends an event to its account's feed, once."""
        match envelope.data:
            case AccountChanged(status=AccountStatus.ERASED) as erased:
                await self._keyring.learn(erased)
                await self._erasures.begin(erased.account)
            case AccountChanged() as changed:
                await self._keyring.learn(changed)
                await self._erasures.meets(changed.account)
            case _:
                await self._append(envelope)

    def overhear(self, envelope: Envelope[Event]) -> None:
        """Every replica hears every event: what another one stores, this one goes and looks for."""
        event = envelope.data
        if isinstance(event, AccountChanged) and event.status is AccountStatus.ERASED:
            self._hub.end(event.account)
        elif live := live_notice(event):
            self._hub.tell_live(live)
        elif (news := notice(envelope)) and self._hub.has(news.account):
            for seconds in self._looks(news.account):
                self._later(seconds, partial(self._look_for, envelope.id, news.account, seconds))

    def _looks(self, account: AccountId) -> Sequence[float]:
        """Whose last news this replica stored itself, it will most likely store again: no haste."""
        return _LOOKS[-1:] if self._stored_here.get(account) else _LOOKS

    async def _append(self, envelope: Envelope[Event]) -> None:
        news = notice(envelope)
        if news is None:
            return
        if await self._announcer.announce(news):
            self._told.add(envelope.id)
            self._stored_here[news.account] = True

    def _look_for(self, event: EventId, account: AccountId, seconds: float) -> None:
        if event not in self._told:
            self._stored_here.forget(account)
            self._hub.look(account)
            if seconds == _LOOKS[-1]:
                self._keep_looking(account)

    def _keep_looking(self, account: AccountId) -> None:
        """However many events there are, the feed is looked at once in a while."""
        under_way = account in self._looks_left
        self._looks_left[account] = _MORE_LOOKS
        if not under_way:
            self._later(_EVERY, partial(self._look_again, account))

    def _look_again(self, account: AccountId) -> None:
        self._hub.look(account)
        self._looks_left[account] -= 1
        if self._looks_left[account] > 0:
            self._later(_EVERY, partial(self._look_again, account))
        else:
            del self._looks_left[account]


def _call_later(seconds: float, act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, act)
