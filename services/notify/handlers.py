"""Events become news: stored first, then pushed to whoever listens."""

from collections.abc import Awaitable, Callable

from services.contracts import Envelope, Event
from services.contracts.events import AccountChanged, AccountStatus, LimitsChanged
from services.kit.erasures import Erasures
from services.notify.announcer import Announcer
from services.notify.core import live_notice, notice
from services.notify.hub import Hub
from services.notify.keyring import Keyring
from services.notify.lookout import Lookout

__all__ = ["Handlers"]


Store = Callable[[Envelope[Event]], Awaitable[None]]


class Handlers:
    """What the group makes durable, and what the tail only passes on."""

    def __init__(
        self,
        announcer: Announcer,
        keyring: Keyring,
        hub: Hub,
        erasures: Erasures,
        lookout: Lookout,
        *,
        limits: Store | None = None,
    ) -> None:
        """`limits` sees to the endpoints that want to hear of `LimitsChanged`."""
        self._announcer = announcer
        self._keyring = keyring
        self._erasures = erasures
        self._hub = hub
        self._lookout = lookout
        self._limits = limits

    async def store(self, envelope: Envelope[Event]) -> None:
        """Appends an event to its account's feed, once."""
        match envelope.data:
            case AccountChanged(status=AccountStatus.ERASED) as erased:
                await self._keyring.learn(erased)
                await self._erasures.begin(erased.account)
            case AccountChanged() as changed:
                await self._keyring.learn(changed)
                await self._erasures.meets(changed.account)
            case LimitsChanged() if self._limits:
                await self._limits(envelope)
            case _:
                await self._append(envelope)

    def overhear(self, envelope: Envelope[Event]) -> None:
        """Every replica hears every event: what another one stores, this one goes and looks for."""
        event = envelope.data
        if isinstance(event, AccountChanged) and event.status is AccountStatus.ERASED:
            self._hub.end(event.account)
        elif isinstance(event, AccountChanged):
            self._hub.changed(event)
        elif live := live_notice(event):
            self._hub.tell_live(live)
        elif (news := notice(envelope)) and self._hub.has(news.account):
            self._lookout.heard(envelope.id, news.account)

    async def _append(self, envelope: Envelope[Event]) -> None:
        news = notice(envelope)
        if news and await self._announcer.announce(news):
            self._lookout.stored(envelope.id, news.account)
