"""Quota's promises on the real database, with replicas that share nothing but it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from services.contracts import Envelope, Event, EventId
from services.contracts.events import JobAdmitted, JobRejected, UsageChanged
from services.kit.clock import ManualClock, SystemClock
from services.kit.component import Readiness
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.documents.outbox import Relay
from services.kit.erasures import ERASURES, Erasures
from services.kit.errors import Unavailable
from services.kit.store import Store
from services.quota.check import Proof, check
from services.quota.core import LEDGER
from services.quota.core.recall import REMEMBERED
from services.quota.doors import Doors
from services.quota.handlers import Handlers
from services.quota.repository import ACCOUNTS, Accounts
from tests.unit.quota.cases import (
    ACCOUNT,
    DAY,
    NOON,
    PLANS,
    completed,
    failed,
    job,
    requested,
)
from tests.unit.quota.house import HeardLimits


class Bus:
    def __init__(self) -> None:
        self.published: list[Envelope[Event]] = []

    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        self.published.extend(envelopes)

    def events(self, *kinds: type[Event]) -> list[Event]:
        known = {envelope.id: envelope.data for envelope in self.published}
        return [event for event in known.values() if isinstance(event, kinds)]


class Replica:
    def __init__(self, store: Store, clock: ManualClock, relay: Relay) -> None:
        documents = MongoDocuments(store, ACCOUNTS, clock, "quota", relay)
        self.accounts = Accounts(documents, MongoRows(store, LEDGER))
        erasures = Erasures(MongoDocuments(store, ERASURES, clock, "quota", relay), clock)
        limits = HeardLimits()
        doors = Doors({}, limits)
        self.handlers = Handlers(self.accounts, erasures, PLANS, limits, clock, doors=doors)

    async def hear(self, event: Event) -> None:
        """As a group does it: what is unavailable is tried again."""
        envelope = Envelope(EventId.new(NOON), "test", event)
        for _ in range(50):
            try:
                return await self.handlers.handle(envelope)
            except Unavailable:
                await asyncio.sleep(0.05)
        raise AssertionError("the event found no outcome")


class House:
    """Replicas of quota. `files` says whether their relays run."""

    def __init__(self, store: Store, *, files: bool = True) -> None:
        self.bus = Bus()
        self.clock = ManualClock(NOON)
        self._store = store
        self._stop = asyncio.Event()
        self._files = files

    @asynccontextmanager
    async def replica(self, url: str, database: str) -> AsyncIterator[Replica]:
        store = Store.connect(url, database)
        relay = Relay(store, self.bus, SystemClock(), Readiness(), specs=[ACCOUNTS], source="quota")
        async with asyncio.TaskGroup() as tasks:
            if self._files:
                tasks.create_task(relay.run(self._stop))
            yield Replica(store, self.clock, relay)
            self._stop.set()
        store.close()

    async def settled(self, replica: Replica) -> Proof:
        return await check(replica.accounts, SystemClock())


@asynccontextmanager
async def replicas(
    count: int, store: Store, url: str, database: str, *, files: bool = True
) -> AsyncIterator[tuple[House, list[Replica]]]:
    house = House(store, files=files)
    async with AsyncExitStack() as stack:
        yield (
            house,
            [await stack.enter_async_context(house.replica(url, database)) for _ in range(count)],
        )


async def test_of_200_requests_at_three_replicas_for_the_last_image_one_is_admitted(
    store: Store, mongo_url: str, database_name: str
) -> None:
    async with replicas(3, store, mongo_url, database_name) as (house, crew):
        for number in (1, 2):
            await crew[0].hear(requested(number))
            await crew[1].hear(completed(number))
        await asyncio.gather(
            *(crew[number % 3].hear(requested(number)) for number in range(100, 300))
        )
        proof = await house.settled(crew[0])
    assert proof == Proof(1, ())
    late = {
        event.job: type(event)
        for event in house.bus.events(JobAdmitted, JobRejected)
        if isinstance(event, JobAdmitted | JobRejected) and event.job >= job(100)
    }
    assert len(late) == 200
    assert list(late.values()).count(JobAdmitted) == 1


async def test_a_storm_of_repeated_and_racing_events_leaves_a_sound_ledger(
    store: Store, mongo_url: str, database_name: str
) -> None:
    async with replicas(3, store, mongo_url, database_name) as (house, crew):
        for wave in range(4):
            numbers = range(wave * 10, wave * 10 + 10)
            asked = [requested(number, plan="plus", units=2) for number in numbers]
            await asyncio.gather(*(one.hear(event) for one in crew for event in asked))
            ends = [
                completed(number, images=1) if number % 2 else failed(number) for number in numbers
            ]
            await asyncio.gather(*(one.hear(event) for one in crew for event in ends))
        proof = await house.settled(crew[0])
        document = await crew[0].accounts.load(ACCOUNT)
    assert proof == Proof(1, ())
    assert document is not None
    assert document.state.open == ()
    decisions = house.bus.events(JobAdmitted, JobRejected)
    assert len(decisions) == 40
    admitted = [event for event in decisions if isinstance(event, JobAdmitted)]
    assert document.state.used == sum(int(event.job[4:], 16) % 2 for event in admitted)
    versions = [
        event.version for event in house.bus.events(UsageChanged) if isinstance(event, UsageChanged)
    ]
    assert max(versions) == document.state.version


async def test_a_ledger_is_proved_while_its_rows_still_wait_to_be_filed(
    store: Store, mongo_url: str, database_name: str
) -> None:
    async with replicas(1, store, mongo_url, database_name, files=False) as (house, (replica,)):
        for number in (1, 2):
            await replica.hear(requested(number))
        await replica.hear(completed(1))
        assert await replica.accounts.rows(ACCOUNT) == []
        assert await house.settled(replica) == Proof(1, ())


async def test_decisions_are_remembered_by_the_ledger_when_the_document_forgot(
    store: Store, mongo_url: str, database_name: str
) -> None:
    async with replicas(1, store, mongo_url, database_name) as (house, (replica,)):
        for number in range(3 * REMEMBERED):
            await replica.hear(requested(1_000 + number, units=4))
        document = await replica.accounts.load(ACCOUNT)
        house.clock.move(2 * DAY)
        for number in range(3 * REMEMBERED):
            await replica.hear(requested(1_000 + number, units=4))
        await replica.hear(requested(1))
        proof = await house.settled(replica)
    assert document is not None
    assert document.state.forgotten.count > 0
    assert proof == Proof(1, ())
    assert len(house.bus.events(JobRejected)) == 3 * REMEMBERED
    assert len(house.bus.events(JobAdmitted)) == 1
