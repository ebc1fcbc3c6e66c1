"""Tickets for browsers, whose EventSource can send no header: each opens one stream, soon."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.contracts import KeyId
from services.kit.clock import Clock
from services.kit.documents import Change, CollectionSpec, Documents, Index

__all__ = ["LIFE", "TICKETS", "Ticket", "TicketRefused", "TicketUsed", "Tickets"]

LIFE = timedelta(seconds=30)


class TicketRefused(Exception):
    """There is no such ticket, or its time is over."""


class TicketUsed(TicketRefused):
    """It has opened a stream before."""


@dataclass(frozen=True)
class Ticket:
    """Stands for a key; its document's id is the hash of its text, which is stored nowhere."""

    key: KeyId
    expires_at: datetime
    used: bool = False


TICKETS: CollectionSpec[Ticket] = CollectionSpec(
    "tickets", Ticket, (Index(("expires_at",), expire_after=timedelta(0)),)
)


class Tickets:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[Ticket], clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def issue(self, key: KeyId) -> tuple[str, datetime]:
        """The ticket's text, and until when it opens a stream."""
        text, expires_at = secrets.token_urlsafe(32), self._clock.now() + LIFE
        ticket = Ticket(key, expires_at)
        await self._documents.change(
            _id(text), lambda known: None if known else Change(ticket), is_new=True
        )
        return text, expires_at

    async def redeem(self, text: str) -> KeyId:
        """For whom it stands, once: of two that come with it at a time, one gets in."""
        won = False

        def use(known: Ticket | None) -> Change[Ticket] | None:
            nonlocal won
            won = known is not None and not known.used
            return Change(replace(known, used=True)) if won and known else None

        ticket = await self._documents.change(_id(text), use)
        if ticket is None or ticket.expires_at <= self._clock.now():
            raise TicketRefused
        if not won:
            raise TicketUsed
        return ticket.key


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
