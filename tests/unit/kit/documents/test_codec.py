from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.documents import CollectionSpec, Index, Unreadable
from services.kit.documents.codec import StateCodec, plain
from tests.unit.kit.documents.samples import BOOKS, Book, Borrower, Page, Shelf

INSTANTS = st.integers(0, 10**13).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)

BOOK_STATES = st.builds(
    Book,
    shelf=st.sampled_from(Shelf),
    lent=st.integers(-(2**63), 2**63 - 1),
    code=st.none() | st.text(),
    place=st.none() | st.integers(0, 100),
    borrower=st.none() | st.builds(Borrower, name=st.text(), since=INSTANTS),
    pages=st.lists(st.builds(Page, number=st.integers(0, 9)), max_size=3).map(tuple),
    marks=st.frozensets(st.text(max_size=3), max_size=3),
    counts=st.none() | st.dictionaries(st.sampled_from(Shelf), st.floats(allow_nan=False)),
    due=st.none() | INSTANTS,
    grace=st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    owner=st.none(),
)


@given(BOOK_STATES)
def test_every_state_survives_its_storage(book: Book) -> None:
    codec = StateCodec(BOOKS)
    assert codec.decode("b", codec.encode(book)) == book


@given(BOOK_STATES)
def test_what_is_stored_is_plain(book: Book) -> None:
    fields = StateCodec(BOOKS).encode(book)
    assert plain(fields) == fields


class Weird(Enum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Weird.ONE, 1),
        (Shelf.HIGH, "high"),
        ((1, [2, {3}]), [1, [2, [3]]]),
        ({Shelf.LOW: 1, 2: 3}, {"low": 1, "2": 3}),
        (timedelta(minutes=1), 60.0),
        (b"raw", b"raw"),
        (
            datetime(2026, 1, 1, 1, 0, 0, 1999, timezone(timedelta(hours=1))),
            datetime(2026, 1, 1, 0, 0, 0, 1000, UTC),
        ),
    ],
)
def test_values_become_what_the_database_gives_back(value: object, stored: object) -> None:
    assert plain(value) == stored


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, Decimal(1), object(), 1j])
def test_what_the_database_can_not_keep_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        plain(value)


@dataclass(frozen=True)
class New:
    kept: int
    added: int = 7


def test_fields_that_came_later_take_their_default_and_lost_ones_are_ignored() -> None:
    codec = StateCodec(CollectionSpec("news", New))
    assert codec.decode("n", {"kept": 1, "dropped": 2}) == New(1, 7)


def test_a_state_that_does_not_fit_names_the_fields_not_the_values() -> None:
    codec = StateCodec(CollectionSpec("news", New))
    with pytest.raises(Unreadable) as unreadable:
        codec.decode("n", {"kept": "a secret"})
    assert unreadable.value.fields == ("kept (int_parsing)",)
    assert "secret" not in str(unreadable.value)


def test_a_sparse_field_without_a_value_is_left_out_and_comes_back_as_none() -> None:
    spec = CollectionSpec("books", Book, (Index(("borrower.name",), sparse=True),))
    codec: StateCodec[Any] = StateCodec(spec)
    fields = codec.encode(Book(borrower=None))
    assert fields["borrower"] is None
    assert codec.decode("b", fields) == Book()
    top = StateCodec(BOOKS).encode(Book())
    assert "code" not in top
    assert "due" not in top
