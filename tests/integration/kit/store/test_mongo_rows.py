import pytest

from services.kit.documents.filters import to_filter
from services.kit.documents.mongo_rows import MongoRows
from services.kit.store import Store
from tests.unit.kit.documents.rows_behaviour import RowsBehaviour
from tests.unit.kit.documents.samples import NOTES, Note


@pytest.fixture
def notes(store: Store) -> MongoRows[Note]:
    return MongoRows(store, NOTES)


class TestMongoRows(RowsBehaviour):
    pass


async def test_what_follows_in_an_account_is_found_without_reading_what_came_before(
    notes: MongoRows[Note], store: Store
) -> None:
    for number in range(20):
        await notes.insert(f"n{number}", Note(account="ann", number=number))
    where = to_filter([("account", "==", "ann"), ("number", ">", 16)], "")
    told = await store.collection(NOTES.name).find(where).explain()
    assert told["executionStats"]["totalDocsExamined"] == 3
