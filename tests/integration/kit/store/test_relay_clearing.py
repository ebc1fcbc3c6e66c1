"""What is published is taken out of its document, and nothing else is."""

import asyncio

from services.kit.documents.outbox import Pace
from services.kit.store import Store
from tests.integration.kit.store.relays import (
    Bus,
    books_of,
    eventually,
    none_pending,
    pending,
    relay_of,
    running,
)
from tests.unit.kit.documents.samples import (
    BOOKS,
    lend,
    say,
)


async def _outbox_of(store: Store, name: str, length: int) -> bool:
    async with store.guard():
        stored = await store.collection(BOOKS.name).find_one({"_id": name})
    return stored is not None and len(stored["outbox"]) == length


async def test_a_change_during_a_publish_keeps_its_own_events(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus, Pace(grace=1000))
    books = books_of(store, relay)
    elsewhere = books_of(store)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await go_on.wait()

    bus.before = hold
    async with running(relay):
        await books.change("b", say(1))
        await reached.wait()
        await elsewhere.change("b", say(2))
        go_on.set()
        await eventually(lambda: bus.attempts == [1])
        await eventually(lambda: _outbox_of(store, "b", 1))
    assert await pending(store) == 1
    await books.change("b", say(3))
    async with running(relay_of(store, bus)):
        await eventually(lambda: bus.attempts == [1, 2, 3])
        await eventually(lambda: none_pending(store))


async def test_a_document_deleted_and_made_anew_keeps_its_new_events(
    store: Store, bus: Bus
) -> None:
    relay = relay_of(store, bus, Pace(grace=1000))
    books = books_of(store, relay)
    elsewhere = books_of(store)
    made_anew = asyncio.Event()

    async def make_anew() -> None:
        if not made_anew.is_set():
            await elsewhere.delete("b")
            await elsewhere.change("b", say(2))
            made_anew.set()

    bus.before = make_anew
    async with running(relay):
        await books.change("b", say(1))
        await eventually(lambda: bus.attempts == [1])
        await made_anew.wait()
    assert await _outbox_of(store, "b", 1)


async def test_a_long_outbox_goes_out_in_pieces(store: Store, bus: Bus) -> None:
    books = books_of(store)
    await books.change("b", say(*range(1200)))
    sizes: list[int] = []

    async def note_size() -> None:
        sizes.append(len(bus.published) - sum(sizes))

    bus.after = note_size
    async with running(relay_of(store, bus)):
        await eventually(lambda: none_pending(store))
    assert bus.attempts == list(range(1200))
    assert sizes[:3] == [500, 500, 200]


async def test_a_change_takes_out_what_was_published_before_it(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus, Pace(poll=60.0, gather=60.0))
    books = books_of(store, relay)
    async with running(relay):
        await books.change("b", say(1))
        await eventually(lambda: bus.attempts == [1])
        await eventually(lambda: relay.has_published({"id": bus.ids[0]}))
        await books.change("b", lend)
        assert await pending(store) == 0
        await books.change("b", say(2))
        await eventually(lambda: bus.attempts == [1, 2])
    assert await pending(store) == 0


async def test_what_is_not_published_yet_stays_through_changes(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus)
    books = books_of(store, relay)
    bus.down = True
    async with running(relay):
        for change in (say(1), lend, say(2), lend):
            await books.change("b", change)
        bus.down = False
        await eventually(lambda: bus.attempts == [1, 2])


async def test_of_many_that_are_cleared_at_once_those_changed_meanwhile_are_cleared_too(
    store: Store, bus: Bus
) -> None:
    ours = relay_of(store, bus, Pace(poll=60.0, gather=0.3))
    books, theirs = books_of(store, ours), books_of(store)
    async with running(ours):
        for number in range(4):
            await books.change(f"b{number}", say(number, place=number))
        await eventually(lambda: len(bus.attempts) == 4)
        await theirs.change("b1", lend)
    assert await pending(store) == 0
