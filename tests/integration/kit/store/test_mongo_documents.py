import asyncio

import pytest

from services.kit.clock import SystemClock
from services.kit.documents import Change
from services.kit.documents.items import Item, Outbox
from services.kit.documents.mongo import MongoDocuments
from services.kit.store import Store
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics
from tests.unit.kit.documents.behaviour import FULL, DocumentsBehaviour
from tests.unit.kit.documents.samples import BOOKS, Book, be, lend, say


class AtOnce:
    """A relay as quick as thought: whatever it is told has been published."""

    def wake(self, collection: str, id: str, outbox: Outbox) -> None:
        pass

    def has_published(self, item: Item) -> bool:
        del item
        return True

    def cleared(self, collection: str, id: str) -> None:
        pass


@pytest.fixture
def books(store: Store) -> MongoDocuments[Book]:
    return MongoDocuments(store, BOOKS, SystemClock(), "library")


class TestMongoDocuments(DocumentsBehaviour):
    pass


async def test_a_document_is_not_discarded_while_it_has_something_to_publish(
    books: MongoDocuments[Book],
) -> None:
    await books.change("b", say(1))
    assert not await books.discard("b"), "nobody has published its event"
    assert await books.load("b")


def remembering(store: Store) -> MongoDocuments[Book]:
    """Documents of a process with a relay, which begins a change with what it saw last."""
    return MongoDocuments(store, BOOKS, SystemClock(), "library", AtOnce())


class TestMongoDocumentsThatRemember(DocumentsBehaviour):
    @pytest.fixture
    def books(self, store: Store) -> MongoDocuments[Book]:
        return remembering(store)


async def test_changes_of_a_document_by_one_process_read_it_never(store: Store) -> None:
    books = remembering(store)
    with recorded_metrics() as figures:
        await books.change("b", lend, is_new=True)
        for _ in range(3):
            await books.change("b", lend)
        reads = figures.count(
            metrics.DB_SECONDS, collection="books", operation="find", outcome="ok"
        )
    loaded = await books.load("b")
    assert loaded
    assert (loaded.version, loaded.state.lent, reads) == (4, 4, 0)


async def test_what_another_process_did_meanwhile_is_never_lost(store: Store) -> None:
    ours, theirs = remembering(store), remembering(store)
    for books in (ours, theirs, theirs, ours, theirs, ours, ours):
        await books.change("b", lend)
    loaded = await ours.load("b")
    assert loaded
    assert (loaded.version, loaded.state.lent) == (7, 7)


async def test_many_processes_that_remember_lose_nothing(store: Store) -> None:
    shelves = [remembering(store) for _ in range(4)]
    await asyncio.gather(*(books.change("b", lend) for books in shelves for _ in range(25)))
    loaded = await shelves[0].load("b")
    assert loaded
    assert (loaded.version, loaded.state.lent) == (100, 100)


async def test_a_refusal_of_what_the_document_was_is_no_refusal(store: Store) -> None:
    ours, theirs = remembering(store), remembering(store)
    await ours.change("b", lend)
    await theirs.change("b", lend)

    def unless_lent_once(book: Book | None) -> Change[Book] | None:
        if book and book.lent == 1:
            raise ValueError("lent once")
        return lend(book)

    lent = await ours.change("b", unless_lent_once)
    assert lent
    assert lent.lent == 3


async def test_nothing_to_do_on_what_the_document_was_is_looked_at_again(store: Store) -> None:
    ours, theirs = remembering(store), remembering(store)
    await ours.change("b", lend)
    await theirs.change("b", lend)
    lent = await ours.change("b", lambda book: lend(book) if book and book.lent == 2 else None)
    assert lent
    assert lent.lent == 3


async def test_a_document_made_anew_is_not_taken_for_the_former_one(store: Store) -> None:
    ours, theirs = remembering(store), remembering(store)
    await ours.change("b", lend)
    await theirs.delete("b")
    await theirs.change("b", be(FULL))
    lent = await ours.change("b", lend)
    assert lent
    assert lent.lent == FULL.lent + 1


async def test_one_that_is_there_already_is_no_new_one(store: Store) -> None:
    ours, theirs = remembering(store), remembering(store)
    await theirs.change("b", be(FULL))
    assert (
        await ours.change("b", lambda book: None if book else be(FULL)(book), is_new=True) == FULL
    )


async def test_two_processes_that_change_one_document_lose_nothing(
    mongo_url: str, database_name: str, store: Store
) -> None:
    """Each has connections and turns of its own, so only the version stands between them."""
    stores = [Store.connect(mongo_url, database_name) for _ in range(4)]
    shelves = [MongoDocuments(one, BOOKS, SystemClock(), "library") for one in stores]
    await asyncio.gather(*(books.change("b", lend) for books in shelves for _ in range(25)))
    loaded = await shelves[0].load("b")
    for one in stores:
        one.close()
    assert loaded
    assert (loaded.version, loaded.state.lent) == (100, 100)
