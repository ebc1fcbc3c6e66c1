"""Readers without a group come past whatever lies on their streams, and tell of it once."""

from collections import Counter

from services.contracts import Envelope, Event, Stream
from services.contracts.events import UsageChanged
from services.kit.bus import Table, Tail
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics
from tests.integration.dead_letters.badness import FOLLOWED, KINDS, Case, send
from tests.integration.dead_letters.conftest import House
from tests.integration.kit.bus.bench import Bench
from tests.integration.kit.bus.bench import running as at_the_bench
from tests.waiting import eventually


async def test_every_table_and_tail_of_the_services_goes_on(house: House) -> None:
    heard: dict[str, list[Envelope[Event]]] = {}
    tails = [one for one in house.components if isinstance(one, Tail)]
    for number, tail in enumerate(tails):
        tail.listen(heard.setdefault(f"{tail.name} {number}", []).append)
    cases = {(stream, kind): Case.of(stream, kind) for stream in FOLLOWED for kind in KINDS}
    await send(house.connection, cases.values())

    tables = [one for one in house.components if isinstance(one, Table)]
    assert {table._stream for table in tables} == set(FOLLOWED) - {Stream.PROGRESS}
    for (stream, kind), case in cases.items():
        for table in tables:
            if table._stream is stream:
                await eventually(lambda: table.get(case.good.data.key) == case.good.data)  # noqa: B023 - awaited at once
        if stream is Stream.PROGRESS:
            assert tails
            for told in heard.values():
                await eventually(lambda: case.good in told)  # noqa: B023 - awaited at once
        assert all(one.ready for one in house.readiness.values()), kind


async def test_what_can_not_be_read_is_counted_once_by_each_reader(bench: Bench) -> None:
    cases = [Case.of(Stream.USAGE, kind) for kind in KINDS]
    table, tail = bench.table(Stream.USAGE, UsageChanged), bench.tail(Stream.USAGE)
    expected = Counter(kind.reason_on(Stream.USAGE) for kind in KINDS.values())
    with recorded_metrics() as figures:
        async with at_the_bench(bench.producer, table, tail):
            await bench.ready()
            await send(bench.connection, cases)
            await eventually(lambda: table.get(cases[-1].good.data.key) == cases[-1].good.data)
            await eventually(
                lambda: all(table.get(case.good.data.key) == case.good.data for case in cases)
            )

        def counted(reader: str, reason: str) -> float:
            return figures.of(
                metrics.RECORDS_UNREADABLE, reader=reader, stream="usage", reason=reason
            )

        reasons = {reason: count for reason, count in expected.items() if reason}
        assert {reason: counted("table:usage", reason) for reason in reasons} == reasons
        # A tail hears no tombstones: a null value is no event to it.
        assert {reason: counted("tail", reason) for reason in reasons} == reasons
