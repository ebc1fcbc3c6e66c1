"""What every kind of Documents promises; its subclasses say which kind."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from services.kit.documents import Change, Condition, Documents
from services.kit.errors import Duplicate
from tests.unit.kit.documents.samples import (
    ACCOUNT,
    NOON,
    Book,
    Borrower,
    Page,
    Shelf,
    be,
    lend,
)

__all__ = ["DocumentsBehaviour"]

FULL = Book(
    shelf=Shelf.HIGH,
    lent=3,
    code="c-1",
    place=7,
    borrower=Borrower(name="ann", since=NOON),
    pages=(Page(1, ("a", "b")), Page(2)),
    marks=frozenset({"x", "y"}),
    counts={Shelf.HIGH: 0.5},
    due=NOON + timedelta(days=20_000),
    owner=ACCOUNT,
)


class DocumentsBehaviour:
    """Subclasses give a fixture `books`: an empty collection of BOOKS."""

    async def test_what_is_not_there_loads_as_none(self, books: Documents[Book]) -> None:
        assert await books.load("b") is None
        assert await books.count() == 0

    async def test_a_state_comes_back_as_it_was_saved(self, books: Documents[Book]) -> None:
        saved = await books.change("b", be(FULL))
        loaded = await books.load("b")
        assert saved == FULL
        assert loaded
        assert (loaded.id, loaded.version, loaded.state) == ("b", 1, FULL)

    async def test_each_change_is_one_version(self, books: Documents[Book]) -> None:
        for _ in range(3):
            await books.change("b", lend)
        loaded = await books.load("b")
        assert loaded
        assert (loaded.version, loaded.state.lent) == (3, 3)

    async def test_a_decision_for_nothing_leaves_the_document_alone(
        self, books: Documents[Book]
    ) -> None:
        assert await books.change("b", lambda _: None) is None
        await books.change("b", lend)
        assert await books.change("b", lambda _: None) == Book(lent=1)
        loaded = await books.load("b")
        assert loaded
        assert loaded.version == 1

    async def test_a_decision_that_raises_saves_nothing(self, books: Documents[Book]) -> None:
        def refuse(_: Book | None) -> Change[Book]:
            raise LookupError("no")

        with pytest.raises(LookupError):
            await books.change("b", refuse)
        assert await books.load("b") is None

    async def test_concurrent_changes_of_one_document_lose_nothing(
        self, books: Documents[Book]
    ) -> None:
        await asyncio.gather(*(books.change("b", lend) for _ in range(50)))
        loaded = await books.load("b")
        assert loaded
        assert (loaded.version, loaded.state.lent) == (50, 50)

    async def test_a_taken_unique_value_is_refused_by_its_index(
        self, books: Documents[Book]
    ) -> None:
        await books.change("a", be(Book(code="c", place=1)))
        with pytest.raises(Duplicate) as refused:
            await books.change("b", be(Book(code="c", place=2)))
        assert refused.value.index == "code"
        assert await books.load("b") is None

    async def test_a_change_may_not_take_what_another_has(self, books: Documents[Book]) -> None:
        await books.change("a", be(Book(place=1)))
        await books.change("b", be(Book(place=2)))
        with pytest.raises(Duplicate) as refused:
            await books.change("b", lambda book: Change(replace(book or Book(), place=1)))
        assert refused.value.index == "shelf_place"

    async def test_a_sparse_index_leaves_out_what_has_no_value(
        self, books: Documents[Book]
    ) -> None:
        for place in range(3):
            await books.change(f"b{place}", be(Book(place=place)))
        assert await books.count() == 3
        assert await books.count([("code", "==", None)]) == 3
        assert await books.count([("code", "==", None)], limit=2) == 2

    async def test_a_unique_value_within_a_value_counts(self, books: Documents[Book]) -> None:
        ann = Borrower(name="ann", since=NOON)
        await books.change("a", be(Book(place=1, borrower=ann)))
        with pytest.raises(Duplicate) as refused:
            await books.change("b", be(Book(place=2, borrower=ann)))
        assert refused.value.index == "borrower_name"

    async def test_a_freed_unique_value_may_be_taken(self, books: Documents[Book]) -> None:
        await books.change("a", be(Book(code="c", place=1)))
        await books.change("a", be(Book(code=None, place=1)))
        await books.change("b", be(Book(code="c", place=2)))
        assert [found.id for found in await books.find([("code", "==", "c")])] == ["b"]

    async def test_a_deleted_document_is_gone_once(self, books: Documents[Book]) -> None:
        await books.change("b", lend)
        assert await books.delete("b")
        assert not await books.delete("b")
        assert await books.load("b") is None
        await books.change("b", lend)
        loaded = await books.load("b")
        assert loaded
        assert loaded.state.lent == 1

    async def test_a_document_that_has_said_everything_can_be_discarded(
        self, books: Documents[Book]
    ) -> None:
        await books.change("b", lambda _: Change(Book()))
        assert await books.discard("b")
        assert await books.load("b") is None
        assert await books.discard("b"), "there is none to wait for"

    @pytest.mark.parametrize(
        ("where", "ids"),
        [
            ([("shelf", "==", Shelf.HIGH)], "d"),
            ([("shelf", "!=", Shelf.HIGH)], "abc"),
            ([("lent", "<", 2)], "ab"),
            ([("lent", "<=", 2)], "abc"),
            ([("lent", ">", 1)], "cd"),
            ([("lent", ">=", 1), ("lent", "<", 3)], "bc"),
            ([("lent", "in", (0, 3))], "ad"),
            ([("lent", "in", ())], ""),
            ([("code", "!=", None)], "cd"),
            ([("code", "==", None)], "ab"),
            ([("borrower", "!=", None)], "d"),
            ([("borrower.name", "==", "ann")], "d"),
            ([("borrower", "==", None)], "abc"),
            ([("pages.number", "==", 2)], "d"),
            ([("pages.words", "==", "b")], "d"),
            ([("marks", "==", "x")], "d"),
            ([("due", "<=", NOON)], "bc"),
            ([("due", "<=", NOON.astimezone(timezone(timedelta(hours=5))))], "bc"),
            ([("due", ">", NOON)], "d"),
            ([("owner", "==", ACCOUNT)], "d"),
            ([("_id", "==", "b")], "b"),
            ([("_id", ">", "b"), ("lent", "<", 3)], "c"),
            ([("_id", "in", ["a", "d", "x"])], "ad"),
            ([("lent", "!=", 1), ("lent", "!=", 2)], "ad"),
            ([("nothing", "==", 1)], ""),
            ([("nothing", "==", None)], "abcd"),
        ],
    )
    async def test_conditions_find_what_meets_them(
        self, books: Documents[Book], where: list[Condition], ids: str
    ) -> None:
        await self._four(books)
        assert "".join(sorted(found.id for found in await books.find(where))) == ids
        assert await books.count(where) == len(ids)

    @pytest.mark.parametrize(
        ("order", "limit", "ids"),
        [
            (["_id"], 100, "abcd"),
            (["-_id"], 2, "dc"),
            (["lent"], 100, "abcd"),
            (["-lent"], 100, "dcba"),
            (["shelf", "-lent"], 100, "dcba"),
            (["-due", "_id"], 100, "dbca"),
            (["due", "-_id"], 3, "acb"),
        ],
    )
    async def test_found_documents_come_in_order(
        self, books: Documents[Book], order: list[str], limit: int, ids: str
    ) -> None:
        await self._four(books)
        found = await books.find(order=order, limit=limit)
        assert "".join(document.id for document in found) == ids

    async def test_instants_are_kept_to_the_millisecond(self, books: Documents[Book]) -> None:
        odd = datetime(2026, 3, 1, 12, 0, 0, 123_456, timezone(timedelta(hours=2)))
        saved = await books.change("b", be(Book(due=odd)))
        loaded = await books.load("b")
        assert saved
        assert loaded
        assert saved.due == loaded.state.due == odd.replace(microsecond=123_000)

    async def test_an_instant_without_its_offset_is_refused(self, books: Documents[Book]) -> None:
        with pytest.raises(ValueError, match="offset"):
            await books.change("b", be(Book(due=datetime(2026, 3, 1))))  # noqa: DTZ001 - what is refused

    async def _four(self, books: Documents[Book]) -> None:
        states = {
            "a": Book(place=0),
            "b": Book(place=1, lent=1, due=NOON),
            "c": Book(place=2, lent=2, due=NOON, code="c-2"),
            "d": FULL,
        }
        for name, state in states.items():
            await books.change(name, be(state))
