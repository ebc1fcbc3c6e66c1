"""What every kind of Rows promises; its subclasses say which kind."""

import asyncio

import pytest

from services.kit.documents import ID_INDEX, Rows
from services.kit.errors import Duplicate
from tests.unit.kit.documents.samples import Note

__all__ = ["RowsBehaviour"]


class RowsBehaviour:
    """Subclasses give a fixture `notes`: an empty collection of NOTES."""

    async def test_a_row_comes_back_as_it_was_written(self, notes: Rows[Note]) -> None:
        await notes.insert("n", Note("a", 1, "hello"))
        assert await notes.get("n") == Note("a", 1, "hello")
        assert await notes.get("m") is None

    async def test_a_second_row_of_one_id_is_refused(self, notes: Rows[Note]) -> None:
        await notes.insert("n", Note("a", 1))
        with pytest.raises(Duplicate) as refused:
            await notes.insert("n", Note("a", 2))
        assert refused.value.index == ID_INDEX
        assert await notes.get("n") == Note("a", 1)

    async def test_a_taken_unique_value_is_refused_by_its_index(self, notes: Rows[Note]) -> None:
        await notes.insert("n", Note("a", 1))
        for insert in (notes.insert, notes.insert_new):
            with pytest.raises(Duplicate) as refused:
                await insert("m", Note("a", 1))
            assert refused.value.index == "account_number"

    async def test_the_first_row_of_an_id_stays(self, notes: Rows[Note]) -> None:
        assert await notes.insert_new("n", Note("a", 1, "first"))
        assert not await notes.insert_new("n", Note("a", 1, "first"))
        assert not await notes.insert_new("n", Note("b", 2, "second"))
        assert await notes.get("n") == Note("a", 1, "first")

    async def test_of_many_writers_of_one_number_one_succeeds(self, notes: Rows[Note]) -> None:
        inserts = (notes.insert(f"n{writer}", Note("a", 1)) for writer in range(10))
        outcomes = await asyncio.gather(*inserts, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert sum(isinstance(outcome, Duplicate) for outcome in outcomes) == 9

    async def test_rows_are_found_by_conditions_in_order(self, notes: Rows[Note]) -> None:
        for number in (3, 1, 2):
            await notes.insert(f"n{number}", Note("a", number))
        await notes.insert("other", Note("b", 1))
        found = await notes.find([("account", "==", "a")], order=["-number"], limit=2)
        assert [note.number for note in found] == [3, 2]
        assert await notes.find([("_id", "in", ["n1", "x"])]) == [Note("a", 1)]
        assert await notes.count([("number", ">", 1)]) == 2

    async def test_deleting_counts_what_is_gone(self, notes: Rows[Note]) -> None:
        for number in range(4):
            await notes.insert(f"n{number}", Note("a", number))
        assert await notes.delete([("account", "==", "a"), ("number", "<", 3)]) == 3
        assert await notes.delete([("account", "==", "b")]) == 0
        assert await notes.find() == [Note("a", 3)]
