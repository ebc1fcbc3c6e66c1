"""Where feeds are kept."""

from typing import Protocol

from services.contracts import AccountId
from services.notify.core import Notice, Notification

__all__ = ["Feeds"]


class Feeds(Protocol):
    """One sequence per account, gapless, each event once."""

    async def append(self, notice: Notice) -> Notification | None:
        """The notice with its place; none when its event, or a later one of its job, is there."""
        ...

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        """Up to `limit` notifications after a sequence, in order."""
        ...

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        """The oldest and the newest sequence that is kept; none where nothing is."""
        ...
