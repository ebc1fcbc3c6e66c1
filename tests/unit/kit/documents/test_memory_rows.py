import pytest

from services.kit.documents import MemoryRows
from services.kit.errors import Unavailable
from tests.unit.kit.documents.rows_behaviour import RowsBehaviour
from tests.unit.kit.documents.samples import NOTES, Note


@pytest.fixture
def notes() -> MemoryRows[Note]:
    return MemoryRows(NOTES)


class TestMemoryRows(RowsBehaviour):
    pass


async def test_a_failure_on_demand_happens_once(notes: MemoryRows[Note]) -> None:
    notes.fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await notes.insert_new("n", Note("a", 1))
    assert await notes.insert_new("n", Note("a", 1))
