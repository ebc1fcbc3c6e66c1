"""What quota erases of an account, and how it says so."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.contracts import AccountId, Event
from services.contracts.events import AccountErased, UsageForgotten
from services.kit.erasures import Erasure
from services.quota.repository import Accounts

__all__ = ["erasing", "says"]


def erasing(accounts: Accounts) -> Callable[[Erasure, AccountId], Awaitable[bool]]:
    async def erase(_: Erasure, account: AccountId) -> bool:
        return await accounts.erase(account)

    return erase


def says(account: AccountId, now: datetime) -> tuple[Event, ...]:
    """What everybody knew of its usage goes, and gateway hears that quota is done."""
    return (
        UsageForgotten(at=now, account=account),
        AccountErased(at=now, account=account, service="quota"),
    )
