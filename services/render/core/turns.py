"""Accounts take turns by cost within a line: start-time fair queueing.

P. Goyal, H. M. Vin, H. Chen: Start-time Fair Queueing, SIGCOMM 1996. A job's ticket is the later
of its account's last finish and the line's virtual time; the lowest ticket goes first. While two
accounts both have jobs waiting, the cost claimed for one never leads the other's by more than
their two largest jobs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.documents import CollectionSpec, Index

__all__ = ["LINES", "TURNS", "LineClock", "Turn", "advance", "take_turn"]

_FORGET_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class LineClock:
    """A line's virtual time: the highest ticket claimed so far, in cost."""

    virtual: float = 0.0


@dataclass(frozen=True)
class Turn:
    """An account's latest ticket in a line, and where its next one starts."""

    job: str
    ticket: float
    finish: float
    expires_at: datetime


LINES: CollectionSpec[LineClock] = CollectionSpec("lines", LineClock)
TURNS: CollectionSpec[Turn] = CollectionSpec(
    "turns", Turn, indexes=(Index(("expires_at",), expire_after=timedelta(0)),)
)


def take_turn(turn: Turn | None, job: str, cost: float, virtual: float, now: datetime) -> Turn:
    """The account's turn for `job`; asked again for the same job, the same turn."""
    if turn is not None and turn.job == job:
        return turn
    ticket = max(virtual, turn.finish) if turn else virtual
    return Turn(job, ticket, ticket + cost, now + _FORGET_AFTER)


def advance(clock: LineClock | None, ticket: float) -> LineClock | None:
    """The line's clock after a claim, or none where it has passed that ticket already."""
    if clock is not None and clock.virtual >= ticket:
        return None
    return LineClock(ticket)
