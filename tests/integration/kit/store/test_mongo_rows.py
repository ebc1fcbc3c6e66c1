import pytest

from services.kit.documents.mongo_rows import MongoRows
from services.kit.store import Store
from tests.unit.kit.documents.rows_behaviour import RowsBehaviour
from tests.unit.kit.documents.samples import NOTES, Note


@pytest.fixture
def notes(store: Store) -> MongoRows[Note]:
    return MongoRows(store, NOTES)


class TestMongoRows(RowsBehaviour):
    pass
