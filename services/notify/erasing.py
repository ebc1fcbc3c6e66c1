"""What notify erases of an account, and how it says so."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.contracts import AccountId, Event
from services.contracts.events import AccountErased
from services.kit.erasures import Erasure
from services.notify.deliveries.store import Deliveries, Endpoints
from services.notify.hub import Hub
from services.notify.keyring import Keyring
from services.notify.repository import Feeds

__all__ = ["erasing", "says"]


def erasing(
    feeds: Feeds, keyring: Keyring, hub: Hub, endpoints: Endpoints, deliveries: Deliveries
) -> Callable[[Erasure, AccountId], Awaitable[bool]]:
    async def erase(_: Erasure, account: AccountId) -> bool:
        await keyring.erase(account)
        hub.end(account)
        await endpoints.erase(account)
        await deliveries.drop(("account", "==", account))
        await feeds.erase(account)
        return True

    return erase


def says(account: AccountId, now: datetime) -> tuple[Event, ...]:
    return (AccountErased(at=now, account=account, service="notify"),)
