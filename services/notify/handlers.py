"""Events become news: stored first, then pushed to whoever listens."""

from services.contracts import Envelope, Event
from services.contracts.events import AccountChanged
from services.notify.core import live_notice, notice
from services.notify.hub import Hub
from services.notify.keyring import Keyring
from services.notify.repository import Feeds

__all__ = ["Handlers"]


class Handlers:
    """What the group makes durable, and what the tail only passes on."""

    def __init__(self, feeds: Feeds, keyring: Keyring, hub: Hub) -> None:
        self._feeds = feeds
        self._keyring = keyring
        self._hub = hub

    async def store(self, envelope: Envelope[Event]) -> None:
        """Appends an event to its account's feed, once."""
        if isinstance(envelope.data, AccountChanged):
            await self._keyring.learn(envelope.data)
            return
        if (news := notice(envelope)) and (stored := await self._feeds.append(news)):
            self._hub.tell(stored)

    def overhear(self, envelope: Envelope[Event]) -> None:
        """Every replica hears every event: what another one stores, this one goes and looks for."""
        if live := live_notice(envelope.data):
            self._hub.tell_live(live)
