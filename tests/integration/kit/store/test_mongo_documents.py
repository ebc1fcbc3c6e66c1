import asyncio

import pytest

from services.kit.clock import SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.store import Store
from tests.unit.kit.documents.behaviour import DocumentsBehaviour
from tests.unit.kit.documents.samples import BOOKS, Book, lend, say


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
