"""A collection to try things with, and what it says."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from services.contracts import AccountId, Event, JobId
from services.contracts.events import JobCancelled
from services.kit.documents import Change, CollectionSpec, Decide, Index, Row, RowsSpec

__all__ = [
    "ACCOUNT",
    "BOOKS",
    "NOON",
    "NOTES",
    "Book",
    "Borrower",
    "Note",
    "Page",
    "Shelf",
    "be",
    "cancelled",
    "lend",
    "say",
]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT = AccountId.new(NOON)


class Shelf(StrEnum):
    HIGH = "high"
    LOW = "low"


class Borrower(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str
    since: datetime


@dataclass(frozen=True)
class Page:
    number: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """Has something of everything that states hold."""

    shelf: Shelf = Shelf.LOW
    lent: int = 0
    code: str | None = None
    place: int | None = None
    borrower: Borrower | None = None
    pages: tuple[Page, ...] = ()
    marks: frozenset[str] = frozenset()
    counts: dict[Shelf, float] | None = None
    due: datetime | None = None
    grace: timedelta = timedelta(seconds=90)
    owner: AccountId | None = None

    kind: ClassVar[str] = "book"


BOOKS = CollectionSpec(
    "books",
    Book,
    (
        Index(("code",), unique=True, sparse=True),
        Index(("shelf", "place"), unique=True, sparse=False),
        Index(("borrower.name",), unique=True, sparse=True),
        Index(("shelf", "-lent")),
        Index(("due",), sparse=True, expire_after=timedelta(hours=1)),
    ),
)


@dataclass(frozen=True)
class Note:
    account: str
    number: int
    text: str = ""


NOTES = RowsSpec("notes", Note, (Index(("account", "number"), unique=True),))


def lend(book: Book | None) -> Change[Book]:
    return Change(replace(book or Book(), lent=book.lent + 1 if book else 1))


def cancelled(attempt: int = 0, account: AccountId = ACCOUNT) -> Event:
    """An event; `attempt` tells it from others."""
    return JobCancelled(at=NOON, account=account, job=JobId.new(NOON), attempt=attempt)


def be(state: Book, *events: Event, rows: tuple[Row, ...] = ()) -> Decide[Book]:
    """A decision for this state, whatever was there."""
    return lambda _: Change(state, events, rows)


def say(*attempts: int, place: int | None = None) -> Decide[Book]:
    """A decision that says this much and changes little."""
    return be(Book(place=place), *(cancelled(attempt) for attempt in attempts))
