import asyncio
import operator
from functools import partial

from services.contracts import AccountId, Envelope, Event, EventId, Stream
from services.contracts.events.usage import UsageChanged
from tests.integration.kit.bus.bench import Bench, eventually, running
from tests.unit.kit.bus.samples import NOW, account, cancel


def usage(of: AccountId, version: int) -> Envelope[UsageChanged]:
    event = UsageChanged(at=NOW, account=of, version=version, plan="free")
    return Envelope(EventId.new(NOW), "test", event)


async def test_a_table_holds_all_there_was_and_follows_what_comes(bench: Bench) -> None:
    accounts = [account() for _ in range(50)]
    async with running(bench.producer):
        await bench.ready()
        await bench.producer.publish([usage(of, 1) for of in accounts])
        await bench.producer.publish([usage(of, 2) for of in accounts])

        table = bench.table(Stream.USAGE, UsageChanged)
        async with running(table):
            assert bench.readiness.reasons == {"table:usage": "starting"}
            await bench.ready()
            assert table.caught_up
            assert {of: table[of].version for of in table} == dict.fromkeys(accounts, 2)

            changed: list[str] = []
            table.on_change(lambda key, _event: changed.append(key))
            await bench.producer.publish([usage(accounts[0], 3)])
            await bench.producer.erase(Stream.USAGE, accounts[1])
            await eventually(lambda: accounts[1] not in table and table[accounts[0]].version == 3)
            assert sorted(changed) == sorted(accounts[:2])


async def test_an_empty_table_is_ready_too(bench: Bench) -> None:
    table = bench.table(Stream.USAGE, UsageChanged)
    async with running(table):
        await eventually(lambda: "table:usage" not in bench.readiness.reasons)
        assert len(table) == 0


async def test_a_tail_hears_what_is_new_and_nothing_of_before(bench: Bench) -> None:
    before, after = cancel(), cancel()
    async with running(bench.producer):
        await eventually(lambda: "producer" not in bench.readiness.reasons)
        await bench.producer.publish([before])

        tail = bench.tail()
        heard: list[Envelope[Event]] = []
        tail.listen(heard.append)
        async with running(tail):
            await bench.ready()
            await bench.producer.publish([after])
            await eventually(lambda: after in heard)
            assert heard == [after]


async def test_whoever_subscribes_before_an_event_never_misses_it(bench: Bench) -> None:
    tail = bench.tail(Stream.CANCELLATIONS, Stream.USAGE)
    async with running(bench.producer, tail):
        await asyncio.wait_for(tail.until_positioned(), 30)
        await bench.ready()
        for _ in range(50):
            envelope = cancel()
            async with tail.subscribe(partial(operator.eq, envelope)) as subscription:
                await bench.producer.publish([envelope])
                assert await subscription.next(timeout=10) == envelope
