"""The relay: at least once, in order, and nothing forgotten before it is said."""

import asyncio

from services.kit.component import Readiness
from services.kit.documents.mongo_rows import MongoRows
from services.kit.documents.outbox import Pace
from services.kit.store import Store
from services.kit.telemetry import current_traceparent, span
from services.kit.telemetry.recording import recorded_spans
from tests.integration.kit.store.relays import (
    Bus,
    Crash,
    books_of,
    eventually,
    none_pending,
    pending,
    relay_of,
    running,
)
from tests.unit.kit.documents.samples import (
    NOTES,
    Book,
    Note,
    be,
    cancelled,
    say,
)


async def _pending_is(store: Store, count: int) -> bool:
    return await pending(store) == count


async def test_what_is_decided_is_published_and_then_forgotten(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus, Pace())
    said = cancelled(1)
    async with running(relay):
        await books_of(store, relay).change("b", be(Book(), said))
        await eventually(lambda: len(bus.published) == 1)
        await eventually(lambda: none_pending(store))
        await eventually(lambda: relay.backlog == 0)
    assert [envelope.data for envelope in bus.published] == [said]
    assert bus.published[0].source == "library"


async def test_an_event_carries_the_trace_of_its_decision(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus)
    with recorded_spans(), span("decide"):
        trace = current_traceparent()
        await books_of(store, relay).change("b", say(1))
    async with running(relay):
        await eventually(lambda: len(bus.published) == 1)
    assert trace
    assert bus.published[0].traceparent == trace


async def test_a_crash_between_publish_and_clear_says_the_same_again(
    store: Store, bus: Bus
) -> None:
    async def crash() -> None:
        raise Crash

    bus.after = crash
    doomed = relay_of(store, bus)
    async with running(doomed):
        await books_of(store, doomed).change("b", say(1, 2))
        await eventually(lambda: len(bus.published) == 2)
    assert await pending(store) == 1

    bus.after = None
    async with running(relay_of(store, bus)):
        await eventually(lambda: none_pending(store))
    assert bus.attempts == [1, 2]
    assert bus.ids[:2] == bus.ids[2:]


async def test_what_a_dead_process_left_is_swept_by_another(store: Store, bus: Bus) -> None:
    dead = books_of(store)
    for number in range(3):
        await dead.change(f"b{number}", say(number, place=number))
    async with running(relay_of(store, bus)):
        await eventually(lambda: len(bus.published) == 3)
        await eventually(lambda: none_pending(store))
    assert sorted(bus.attempts) == [0, 1, 2]


async def test_leftovers_go_out_before_what_follows_them(store: Store, bus: Bus) -> None:
    await books_of(store).change("b", say(1, 2))
    relay = relay_of(store, bus, Pace(grace=1000))
    async with running(relay):
        await books_of(store, relay).change("b", say(3))
        await eventually(lambda: len(bus.published) == 3)
    assert bus.attempts == [1, 2, 3]


async def test_events_of_a_document_keep_their_order_over_a_flapping_bus(
    store: Store, bus: Bus
) -> None:
    turns = iter([True, False, False, True, False] * 1000)

    async def flap() -> None:
        bus.down = next(turns)

    bus.before = flap
    relay = relay_of(store, bus)
    async with running(relay):
        books = books_of(store, relay)
        for number in range(40):
            await books.change("b", say(2 * number, 2 * number + 1))
        await eventually(lambda: len(bus.attempts) == 80)
        await eventually(lambda: none_pending(store))
    assert bus.attempts == list(range(80))


async def test_a_row_is_there_before_the_event_that_follows_it(store: Store, bus: Bus) -> None:
    notes = MongoRows(store, NOTES)
    seen: list[Note | None] = []

    async def look() -> None:
        seen.append(await notes.get("n"))

    bus.before = look
    relay = relay_of(store, bus)
    note = Note("a", 1, "first")
    async with running(relay):
        row = NOTES.entry("n", note)
        await books_of(store, relay).change("b", be(Book(), cancelled(1), rows=(row,)))
        await eventually(lambda: len(bus.published) == 1)
        again = NOTES.entry("n", Note("a", 1, "second"))
        await books_of(store, relay).change("b", be(Book(), cancelled(2), rows=(again,)))
        await eventually(lambda: len(bus.published) == 2)
        await eventually(lambda: none_pending(store))
    assert seen == [note, note]


async def test_rows_without_events_are_written_and_forgotten(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus)
    row = NOTES.entry("n", Note("a", 1))
    async with running(relay):
        await books_of(store, relay).change("b", be(Book(), rows=(row,)))
        await eventually(lambda: none_pending(store))
    assert await MongoRows(store, NOTES).get("n") == Note("a", 1)
    assert bus.published == []


async def test_nothing_is_lost_while_the_bus_is_down(store: Store, bus: Bus) -> None:
    readiness = Readiness()
    relay = relay_of(store, bus, Pace(poll=0.05, stuck_after=0.2), readiness)
    bus.down = True
    async with running(relay):
        books = books_of(store, relay)
        for number in range(20):
            await books.change(f"b{number}", say(number, place=number))
        await eventually(lambda: relay.backlog == 20 and relay.oldest_age > 0.1)
        await eventually(lambda: "outbox" in readiness.reasons)
        assert readiness.ready, "what is accepted is stored, and reads work"
        bus.down = False
        await eventually(lambda: len(bus.attempts) == 20)
        await eventually(lambda: relay.backlog == 0 and relay.oldest_age == 0)
        assert readiness.ready
    assert await pending(store) == 0


async def test_one_bad_event_stops_its_own_document_only(store: Store, bus: Bus) -> None:
    bus.refuses = {0}
    relay = relay_of(store, bus)
    books = books_of(store, relay)
    for number in range(12):
        await books.change(f"b{number}", say(number, place=number))
    async with running(relay):
        await eventually(lambda: len(bus.attempts) == 11)
        await eventually(lambda: _pending_is(store, 1))
        bus.refuses = set()
        await eventually(lambda: none_pending(store))
    assert sorted(bus.attempts) == list(range(12))


async def test_two_relays_on_one_database_say_everything_in_order(store: Store, bus: Bus) -> None:
    one, other = relay_of(store, bus), relay_of(store, bus)
    here, there = books_of(store, one), books_of(store, other)
    async with running(one, other):
        for number in range(0, 60, 2):
            both = here.change("b", say(number)), there.change("c", say(1000 + number, place=1))
            await asyncio.gather(*both)
            await there.change("b", say(number + 1))
        await eventually(lambda: none_pending(store))
    assert [attempt for attempt in bus.attempts if attempt < 1000] == list(range(60))
    assert [attempt for attempt in bus.attempts if attempt >= 1000] == list(range(1000, 1060, 2))


async def test_a_stopped_relay_drains_first(store: Store, bus: Bus) -> None:
    relay = relay_of(store, bus)
    for number in range(30):
        await books_of(store, relay).change("b", say(number))
    stop = asyncio.Event()
    stop.set()
    await relay.run(stop)
    assert bus.attempts == list(range(30))
    assert await pending(store) == 0


async def test_a_relay_stops_in_time_when_the_bus_is_down(store: Store, bus: Bus) -> None:
    bus.down = True
    relay = relay_of(store, bus, Pace(drain=0.3))
    await books_of(store, relay).change("b", say(1))
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(5):
        await relay.run(stop)
    assert await pending(store) == 1
