import pytest

from services.contracts import Envelope, Event
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments, MemoryRows, Row
from services.kit.errors import Unavailable
from tests.unit.kit.documents.behaviour import DocumentsBehaviour
from tests.unit.kit.documents.samples import BOOKS, NOTES, Book, Note, be, cancelled, lend


@pytest.fixture
def books() -> MemoryDocuments[Book]:
    return MemoryDocuments(BOOKS, ManualClock(), "library")


class TestMemoryDocuments(DocumentsBehaviour):
    pass


async def test_events_are_published_in_the_order_of_saving(books: MemoryDocuments[Book]) -> None:
    said = [cancelled(attempt) for attempt in range(4)]
    await books.change("a", be(Book(place=1), said[0], said[1]))
    await books.change("b", be(Book(place=2), said[2]))
    await books.change("a", be(Book(place=1), said[3]))
    assert books.events == said
    first: Envelope[Event] = books.published[0]
    assert first.source == "library"
    assert len({envelope.id for envelope in books.published}) == 4


async def test_a_row_is_written_once(books: MemoryDocuments[Book]) -> None:
    for text in ("first", "second"):
        row = Row("notes", "n", {"account": "a", "number": 1, "text": text})
        await books.change("b", be(Book(), rows=(row,)))
    assert [row.fields["text"] for row in books.rows] == ["first"]


async def test_rows_reach_the_collection_of_their_name() -> None:
    notes = MemoryRows(NOTES)
    books = MemoryDocuments(BOOKS, ManualClock(), "library", collections=[notes])
    note = Note("a", 1, "hello")
    await books.change("b", be(Book(), rows=(NOTES.entry("n", note),)))
    assert await notes.get("n") == note


async def test_a_failure_on_demand_happens_once(books: MemoryDocuments[Book]) -> None:
    books.fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await books.change("b", lend)
    assert await books.change("b", lend) == Book(lent=1)


async def test_a_failure_may_come_after_the_save(books: MemoryDocuments[Book]) -> None:
    books.fail_next(Unavailable("database"), applied=True)
    assert await books.load("b") is None
    with pytest.raises(Unavailable):
        await books.change("b", lend)
    assert await books.load("b") is not None


async def test_a_lost_race_decides_again_on_what_is_there(books: MemoryDocuments[Book]) -> None:
    books.interrupt_next(lambda: books.change("b", lend))
    assert await books.change("b", lend) == Book(lent=2)
