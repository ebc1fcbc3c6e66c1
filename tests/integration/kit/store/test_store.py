"""What the store promises about time, faults and indexes."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.documents import Change, CollectionSpec, Index
from services.kit.errors import Duplicate, Unavailable
from services.kit.store import Refused, Store, StoreWatch
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics
from tests.integration.kit.store.relays import (
    Bus,
    books_of,
    eventually,
    none_pending,
    relay_of,
    running,
)
from tests.unit.kit.documents.samples import BOOKS, Book, be, cancelled, lend, say
from tests.wire import Wire


@pytest.fixture
async def wire(mongo_url: str) -> AsyncIterator[Wire]:
    async with Wire.to(urlsplit(mongo_url).netloc) as wire:
        yield wire


@pytest.fixture
async def far(wire: Wire, store: Store, database_name: str) -> AsyncIterator[Store]:
    """The same database, by the wire, with a driver that repeats nothing by itself."""
    far = Store.connect(f"{by(wire)}&retryWrites=false", database_name, timeout=1)
    yield far
    far.close()


def by(wire: Wire) -> str:
    return f"mongodb://{wire.address}/?directConnection=true"


def borrow(book: Book | None) -> Change[Book] | None:
    """Idempotent by what it finds, as every handler is."""
    if book and book.lent:
        return None
    return Change(Book(code="c", lent=1), (cancelled(1),))


@pytest.mark.parametrize("command", [b"insert", b"update"])
async def test_a_write_whose_answer_was_lost_can_be_repeated(
    store: Store, far: Store, wire: Wire, command: bytes
) -> None:
    if command == b"update":
        await books_of(store).change("b", be(Book(code="c")))
    await far.ping()
    wire.lose_answer_to(command)
    with pytest.raises(Unavailable) as unavailable:
        await books_of(far).change("b", borrow)
    assert (unavailable.value.part, wire.lost) == ("database", 1)

    assert await books_of(far).change("b", borrow) == Book(code="c", lent=1)
    assert await _outbox(store, "b") == 1


async def test_the_driver_repeats_a_write_once_and_it_takes_place_once(
    store: Store, wire: Wire, database_name: str
) -> None:
    far = Store.connect(by(wire), database_name, timeout=1)
    for command in (b"insert", b"update"):
        await far.ping()
        wire.lose_answer_to(command)
        await books_of(far).change("b", lambda book: None if book and book.lent else borrow(book))
        await books_of(store).change("b", lambda book: Change(replace(book or Book(), lent=0)))
    far.close()
    assert wire.lost == 2
    assert await _outbox(store, "b") == 2


@pytest.mark.parametrize("command", [b"insert", b"update"])
async def test_a_write_that_arrives_twice_takes_place_once(
    store: Store, far: Store, wire: Wire, command: bytes
) -> None:
    """The second finds the first's version and looks like a lost race; it is known by its mark."""
    bus = Bus()
    relay = relay_of(far, bus)
    lent = 1
    if command == b"update":
        await books_of(store).change("b", lend)
        lent = 2
    await far.ping()
    wire.double(command)
    books = books_of(far, relay)
    changed = await books.change("b", lambda book: Change(lend(book).state, (cancelled(1),)))
    assert (changed, wire.doubled) == (Book(lent=lent), 1)
    async with running(relay):
        await eventually(lambda: bus.attempts == [1])
        await eventually(lambda: none_pending(store))
    assert len(bus.published) == 1


async def test_a_write_without_a_read_before_it_that_arrives_twice_takes_place_once(
    far: Store, wire: Wire
) -> None:
    books = books_of(far, relay_of(far, Bus()))
    await books.change("b", lend)
    wire.double(b"update")
    assert (await books.change("b", lend), wire.doubled) == (Book(lent=2), 1)
    loaded = await books.load("b")
    assert loaded
    assert (loaded.version, loaded.state.lent) == (2, 2)


async def test_a_database_that_is_gone_is_unavailable_in_time(far: Store, wire: Wire) -> None:
    await far.ping()
    wire.cut()
    began = time.monotonic()
    for call in (far.ping(), books_of(far).load("b"), books_of(far).change("b", lend)):
        with pytest.raises(Unavailable):
            await call
    assert time.monotonic() - began < 3 * 4
    wire.heal()
    await eventually(lambda: _answers(far))


async def test_a_database_that_keeps_silent_is_unavailable_in_time(far: Store, wire: Wire) -> None:
    await far.ping()
    wire.to_client.stall()
    began = time.monotonic()
    calls = [books_of(far).change(f"b{number}", lend) for number in range(40)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert time.monotonic() - began < 5


async def test_readiness_follows_the_database(far: Store, wire: Wire) -> None:
    readiness = Readiness("database")
    watch = StoreWatch(far, SystemClock(), readiness, every=0.05)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch.run(stop))
        await eventually(lambda: readiness.ready)
        wire.cut()
        await eventually(lambda: "database" in readiness.reasons)
        wire.heal()
        await eventually(lambda: readiness.ready)
        stop.set()


async def test_a_relay_outlives_its_database(store: Store, far: Store, wire: Wire) -> None:
    bus = Bus()
    relay = relay_of(far, bus)
    books = books_of(far, relay)
    async with running(relay):
        await books.change("b", say(1))
        await eventually(lambda: bus.attempts == [1])
        wire.cut()
        await books_of(store).change("b", say(2))
        wire.heal()
        await eventually(lambda: bus.attempts == [1, 2])
        await eventually(lambda: none_pending(store))


async def test_ensuring_twice_changes_nothing(store: Store) -> None:
    await store.ensure(BOOKS)
    async with store.guard():
        before = await store.collection("books").index_information()
    await store.ensure(BOOKS)
    async with store.guard():
        assert await store.collection("books").index_information() == before
    assert before["due"] == before["due"] | {"key": [("state.due", 1)], "expireAfterSeconds": 3600}
    assert before["code"]["unique"]


async def test_a_changed_age_is_taken_over(store: Store) -> None:
    index = Index(("due",), sparse=True, expire_after=timedelta(hours=2))
    await store.ensure(CollectionSpec("books", Book, (index,)))
    async with store.guard():
        info = await store.collection("books").index_information()
    assert info["due"]["expireAfterSeconds"] == 7200


async def test_an_index_that_became_another_is_refused(store: Store) -> None:
    with pytest.raises(Refused):
        await store.ensure(CollectionSpec("books", Book, (Index(("code",)),)))


async def test_what_the_database_never_does_is_refused(store: Store) -> None:
    with pytest.raises(Refused):
        async with store.guard():
            await store.collection("books").insert_one({"_id": "b", "blob": b"x" * 17_000_000})
    with pytest.raises(Refused):
        async with store.guard():
            await store.collection("books").update_one({"_id": "b"}, {"$nonsense": 1})
    with pytest.raises(Refused):
        Store.connect("postgres://localhost", "x")


async def test_a_refused_insert_names_its_index(store: Store) -> None:
    async with store.guard():
        await store.collection("notes").insert_one({"_id": "n", "account": "a", "number": 1})
    with pytest.raises(Duplicate) as duplicate:
        async with store.guard():
            await store.collection("notes").insert_one({"_id": "m", "account": "a", "number": 1})
    assert duplicate.value.index == "account_number"


async def test_many_inserts_leave_out_what_is_there(store: Store) -> None:
    rows = [{"_id": str(number), "account": "a", "number": number} for number in range(3)]
    assert await store.insert_new("notes", rows[:2]) == 2
    assert await store.insert_new("notes", rows) == 1


async def test_calls_are_measured_by_collection_and_operation(store: Store) -> None:
    with recorded_metrics() as figures:
        await books_of(store).change("b", lend)
        labels = {"collection": "books", "outcome": "ok"}
        await eventually(
            lambda: figures.count(metrics.DB_SECONDS, operation="insert", **labels) == 1
        )
        assert figures.count(metrics.DB_SECONDS, operation="find", **labels) == 1


async def _outbox(store: Store, name: str) -> int:
    async with store.guard():
        stored = await store.collection("books").find_one({"_id": name})
    assert stored
    return len(stored["outbox"])


async def _answers(store: Store) -> bool:
    try:
        await store.ping()
    except Unavailable:
        return False
    return True
