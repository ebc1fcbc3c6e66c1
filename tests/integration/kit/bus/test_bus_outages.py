"""What Kafka does to its clients: dies, freezes, comes back. No process of ours ends for it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from services.cli.parts import KafkaBroker
from services.contracts import AccountId, Envelope, Event, EventId, Stream
from services.contracts.events.usage import UsageChanged
from services.kit.bus import Table
from services.kit.errors import Unavailable
from tests.integration.kit.bus.bench import Bench, Heard, eventually, running
from tests.unit.kit.bus.samples import NOW, account, cancel

pytestmark = pytest.mark.slow


def usage(of: AccountId, version: int) -> Envelope[Event]:
    event = UsageChanged(at=NOW, account=of, version=version, plan="free")
    return Envelope(EventId.new(NOW), "test", event)


async def published(bench: Bench, *envelopes: Envelope[Event]) -> None:
    """Publishes like the relay: again until it is acknowledged."""
    while True:
        try:
            return await bench.producer.publish(envelopes)
        except Unavailable:
            await asyncio.sleep(0.1)


async def refused(bench: Bench) -> float:
    """Seconds until a publish gave up."""
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await bench.producer.publish([cancel()])
    return time.monotonic() - began


def _asking() -> int:
    """aiokafka's clients that ask for the brokers."""
    return sum("AIOKafkaClient._md_synchronizer" in repr(task) for task in asyncio.all_tasks())


@pytest.fixture(autouse=True)
async def nobody_stays() -> AsyncIterator[None]:
    """Whatever a client has been through, nothing of it runs on."""
    before = _asking()
    yield
    await eventually(lambda: _asking() == before)


class Listeners:
    """All three ways of listening at once."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.group_heard, self.tail_heard = Heard(), Heard()
        self.group = bench.group(self.group_heard)
        self.tail = bench.tail()
        self.tail.listen(self.tail_heard.envelopes.append)
        self.table: Table[UsageChanged] = bench.table(Stream.USAGE, UsageChanged)

    async def hear(self, version: int, of: AccountId) -> None:
        """Each hears what is published now."""
        envelope = cancel()
        await published(self.bench, envelope, usage(of, version))
        await eventually(lambda: envelope in self.group_heard, 60)
        await eventually(lambda: envelope in self.tail_heard, 60)
        await eventually(lambda: of in self.table and self.table[of].version == version, 60)


async def test_a_broker_that_is_killed_and_started_again_costs_time_and_nothing_else(
    own_broker: KafkaBroker, fragile: Bench
) -> None:
    listeners, of = Listeners(fragile), account()
    components = (fragile.producer, listeners.group, listeners.tail, listeners.table)
    async with running(*components):
        await fragile.ready()
        await listeners.hear(1, of)

        await own_broker.kill()
        assert await refused(fragile) < 11
        names = {"producer", "group:test", "tail", "table:usage"}
        await eventually(lambda: fragile.readiness.reasons.keys() == names)
        assert set(fragile.readiness.reasons.values()) == {"bus_unavailable"}
        assert listeners.group.poll_age < 15
        for _ in range(100):
            fragile.producer.send_lossy(cancel())

        await own_broker.start()
        await listeners.hear(2, of)
        await fragile.ready()


async def test_a_broker_that_freezes_and_thaws_costs_time_and_nothing_else(
    own_broker: KafkaBroker, fragile: Bench
) -> None:
    listeners, of = Listeners(fragile), account()
    components = (fragile.producer, listeners.group, listeners.tail, listeners.table)
    async with running(*components):
        await fragile.ready()
        await listeners.hear(1, of)

        pid = own_broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await refused(fragile) < 11
            await eventually(lambda: "group:test" in fragile.readiness.reasons)
        finally:
            os.kill(pid, signal.SIGCONT)
        await listeners.hear(2, of)
        await fragile.ready(60)


async def test_what_was_published_in_the_dark_is_heard_by_a_tail_that_comes_back(
    own_broker: KafkaBroker, fragile: Bench
) -> None:
    """The tail's connection is lost, and an event comes before it is there again."""
    tail, heard = fragile.tail(), Heard()
    tail.listen(heard.envelopes.append)
    async with running(tail):
        await eventually(lambda: "tail" not in fragile.readiness.reasons)
        await own_broker.kill()
        await eventually(lambda: "tail" in fragile.readiness.reasons)
        await own_broker.start()
        async with running(fragile.producer):
            envelope = cancel()
            await published(fragile, envelope)
            await eventually(lambda: envelope in heard, 60)


async def test_a_stop_during_an_outage_ends_in_bounded_time(
    own_broker: KafkaBroker, fragile: Bench
) -> None:
    listeners = Listeners(fragile)
    components = (fragile.producer, listeners.group, listeners.tail, listeners.table)
    async with running(*components):
        await fragile.ready()
        await own_broker.kill()
        began = time.monotonic()
    assert time.monotonic() - began < 15
    await own_broker.start()
