"""How often the store is read for clients whose news others may have stored."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from services.contracts import AccountId, Envelope, Event, EventId
from services.contracts.events import JobQueued
from services.contracts.jobs import Lane
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments
from services.kit.erasures import ERASURES, Erasures
from services.notify.announcer import Announcer
from services.notify.core import Notification
from services.notify.handlers import Handlers
from services.notify.hub import Hub, Look
from services.notify.keyring import KEYS, Keyring
from services.notify.stream import feed_stream
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW, ListFeeds


def no_erasures() -> Erasures:
    return Erasures(MemoryDocuments(ERASURES, ManualClock(), "notify"), ManualClock())


def queued() -> Envelope[Event]:
    event = JobQueued(at=NOW, account=ACCOUNT, job=JOB, lane=Lane.FREE, pool="default", ticket=0.0)
    return Envelope(EventId.new(NOW), "render", event)


@dataclass
class Agenda:
    """What is to be done later; `pass_time` does it."""

    acts: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __call__(self, seconds: float, act: Callable[[], None]) -> None:
        self.acts.append((seconds, act))

    def pass_time(self) -> list[float]:
        acts, self.acts = self.acts, []
        for _, act in acts:
            act()
        return [seconds for seconds, _ in acts]


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def handlers(feeds: ListFeeds, hub: Hub, agenda: Agenda) -> Handlers:
    keyring = Keyring(MemoryDocuments(KEYS, ManualClock(), "notify"))
    announcer = Announcer(feeds, hub, no_erasures())
    return Handlers(announcer, keyring, hub, no_erasures(), later=agenda)


async def test_news_that_another_replica_stores_is_looked_for_at_once(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        handlers.overhear(queued())
        assert agenda.pass_time() == [0.05, 0.5]
        assert await listener.next(0) == Look()


async def test_an_account_whose_news_is_stored_here_is_not_looked_at_in_haste(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        await handlers.store(queued())
        event = queued()
        handlers.overhear(event)
        await handlers.store(event)
        assert agenda.pass_time() == [0.5]
        assert [type(await listener.next(0)) for _ in range(2)] == [Notification] * 2
        assert await listener.next(0) is None


async def test_once_its_news_is_stored_elsewhere_haste_returns(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free"):
        await handlers.store(queued())
        handlers.overhear(queued())
        agenda.pass_time()
        handlers.overhear(queued())
        assert agenda.pass_time()[-2:] == [0.05, 0.5]


async def test_looks_that_wait_for_a_client_are_one(hub: Hub) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        for _ in range(5):
            hub.look(ACCOUNT)
        assert await listener.next(0) == Look()
        assert await listener.next(0) is None


@dataclass
class CountedFeeds(ListFeeds):
    reads: int = 0

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        self.reads += 1
        return await super().after(account, sequence, limit=limit)


async def test_a_page_that_is_not_full_is_the_last(hub: Hub) -> None:
    feeds = CountedFeeds()
    with hub.listen(ACCOUNT, "free") as listener:
        hub.look(ACCOUNT)
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        async with aclosing(stream):
            keyring = Keyring(MemoryDocuments(KEYS, ManualClock(), "n"))
            announcer = Announcer(feeds, hub, no_erasures())
            handlers = Handlers(announcer, keyring, hub, no_erasures())
            await handlers.store(queued())
            assert isinstance(await anext(stream), Notification)
    assert feeds.reads == 1


async def test_what_another_replica_is_slow_to_store_is_looked_for_a_while_longer(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        for _ in range(3):
            handlers.overhear(queued())
        agenda.pass_time()
        looks = [agenda.pass_time() for _ in range(6)]
        assert looks == [*([[2.5]] * 5), []], "once in a while, however many events there are"
        assert await listener.next(0) == Look()


async def test_what_is_stored_here_in_time_is_looked_for_no_longer(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free"):
        event = queued()
        handlers.overhear(event)
        await handlers.store(event)
        agenda.pass_time()
        assert agenda.pass_time() == []
