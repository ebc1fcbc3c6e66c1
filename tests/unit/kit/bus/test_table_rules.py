from datetime import timedelta

from services.contracts import AccountId, Envelope, Event, EventId, Stream, WireRecord, encode
from services.contracts.events.load import Heat, LoadReported
from services.contracts.events.usage import UsageChanged
from services.kit.bus import Connection, Record, Table
from services.kit.clock import ManualClock
from services.kit.component import Readiness
from tests.unit.kit.bus.samples import NOW, account, garbage


def usage(of: AccountId, version: int) -> UsageChanged:
    return UsageChanged(at=NOW, account=of, version=version, plan="free")


def load(seconds: int, heat: Heat) -> LoadReported:
    at = NOW + timedelta(seconds=seconds)
    return LoadReported(
        at=at, pool="default", reporter="c", fence=1, capacity=1, running=0, heat=heat
    )


def usage_table() -> Table[UsageChanged]:
    connection = Connection("localhost:1")
    clock, readiness = ManualClock(), Readiness()
    return Table(connection, Stream.USAGE, UsageChanged, clock=clock, readiness=readiness)


def put(table: Table[UsageChanged] | Table[LoadReported], event: Event) -> None:
    wire = encode(Envelope(EventId.new(NOW), "test", event))
    table._receive(Record("t", 0, 0, NOW, wire))


async def test_a_lower_version_never_replaces_a_higher_one() -> None:
    table, one = usage_table(), account()
    for version in (1, 3, 2):
        put(table, usage(one, version))

    assert table[one].version == 3
    assert dict(table) == {one: usage(one, 3)}


async def test_without_versions_the_later_one_stays() -> None:
    clock, readiness = ManualClock(), Readiness()
    connection = Connection("localhost:1")
    table = Table(connection, Stream.LOAD, LoadReported, clock=clock, readiness=readiness)
    for seconds, heat in ((5, Heat.HOT), (3, Heat.COOL)):
        put(table, load(seconds, heat))

    assert table["default"].heat is Heat.HOT


async def test_a_null_value_erases_its_key() -> None:
    table, one = usage_table(), account()
    put(table, usage(one, 1))
    table._receive(Record("t", 0, 1, NOW, WireRecord(one.encode(), None, ())))

    assert one not in table
    assert len(table) == 0


async def test_changes_are_told_and_only_changes() -> None:
    table, one = usage_table(), account()
    told: list[tuple[str, UsageChanged | None]] = []
    end = table.on_change(lambda key, event: told.append((key, event)))
    put(table, usage(one, 2))
    put(table, usage(one, 1))
    table._receive(Record("t", 0, 1, NOW, WireRecord(one.encode(), None, ())))
    table._receive(Record("t", 0, 1, NOW, WireRecord(one.encode(), None, ())))
    end()
    put(table, usage(one, 3))

    assert told == [(one, usage(one, 2)), (one, None)]


async def test_garbage_and_other_events_leave_a_table_as_it_is() -> None:
    table = usage_table()
    table._receive(garbage())
    table._receive(garbage(value=b"x" * 2_000_000))
    put(table, load(0, Heat.COOL))

    assert not table
