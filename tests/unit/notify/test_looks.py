"""How often the store is read for clients whose news others may have stored."""

from collections.abc import AsyncGenerator, Callable
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
from services.notify.lookout import Lookout
from services.notify.stream import Item, feed_stream
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW, ListFeeds, news

ARRIVED = 2.5
"""After a client came, its feed is looked at."""


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


@dataclass
class CountedFeeds(ListFeeds):
    reads: int = 0

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        self.reads += 1
        return await super().after(account, sequence, limit=limit)


@pytest.fixture
def feeds() -> CountedFeeds:
    return CountedFeeds()


async def sequences(stream: AsyncGenerator[Item, None], count: int) -> list[int]:
    items = [await anext(stream) for _ in range(count)]
    return [item.sequence for item in items if isinstance(item, Notification)]


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def lookout(feeds: ListFeeds, hub: Hub, agenda: Agenda) -> Lookout:
    return Lookout(feeds, hub, agenda)


@pytest.fixture
def handlers(feeds: ListFeeds, hub: Hub, lookout: Lookout) -> Handlers:
    keyring = Keyring(MemoryDocuments(KEYS, ManualClock(), "notify"))
    announcer = Announcer(feeds, hub, no_erasures())
    return Handlers(announcer, keyring, hub, no_erasures(), lookout)


async def test_news_that_another_replica_stores_is_told_to_all_by_one_read(
    feeds: CountedFeeds, handlers: Handlers, hub: Hub, agenda: Agenda, lookout: Lookout
) -> None:
    with hub.listen(ACCOUNT, "free") as first, hub.listen(ACCOUNT, "free") as second:
        first.sent = second.sent = 0
        handlers.overhear(queued())
        await feeds.append(news())
        assert agenda.pass_time() == [ARRIVED, 0.05, 0.5]
        await lookout.idle()
        for listener in (first, second):
            assert isinstance(await listener.next(0), Notification)
    assert feeds.reads == 1


async def test_one_that_is_behind_the_others_finds_the_gap_and_reads_on(
    feeds: ListFeeds, hub: Hub, lookout: Lookout, handlers: Handlers, agenda: Agenda
) -> None:
    for _ in range(3):
        await feeds.append(news())
    with hub.listen(ACCOUNT, "free") as ahead, hub.listen(ACCOUNT, "free") as behind:
        ahead.sent = 2
        stream = feed_stream(behind, feeds, ManualClock(), position=0, seconds=9)
        async with aclosing(stream):
            assert await sequences(stream, 3) == [1, 2, 3]
            await feeds.append(news())
            ahead.sent = 3
            behind.sent = 1
            handlers.overhear(queued())
            agenda.pass_time()
            await lookout.idle()
            assert await sequences(stream, 3) == [2, 3, 4]


async def test_while_the_store_is_away_it_is_looked_at_later(
    feeds: ListFeeds, hub: Hub, lookout: Lookout, handlers: Handlers, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        listener.sent = 0
        feeds.away = True
        handlers.overhear(queued())
        agenda.pass_time()
        await lookout.idle()
        feeds.away = False
        await feeds.append(news())
        agenda.pass_time()
        await lookout.idle()
        assert isinstance(await listener.next(0), Notification)


async def test_an_account_whose_news_is_stored_here_is_not_looked_at_in_haste(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        await handlers.store(queued())
        event = queued()
        handlers.overhear(event)
        await handlers.store(event)
        assert agenda.pass_time() == [ARRIVED, 0.5]
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


async def test_a_page_that_is_not_full_is_the_last(hub: Hub) -> None:
    feeds = CountedFeeds()
    with hub.listen(ACCOUNT, "free") as listener:
        hub.look(ACCOUNT)
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        async with aclosing(stream):
            keyring = Keyring(MemoryDocuments(KEYS, ManualClock(), "n"))
            announcer = Announcer(feeds, hub, no_erasures())
            lookout = Lookout(feeds, hub)
            handlers = Handlers(announcer, keyring, hub, no_erasures(), lookout)
            await handlers.store(queued())
            assert isinstance(await anext(stream), Notification)
    assert feeds.reads == 1


async def test_looks_at_a_store_that_is_away_go_on_until_it_is_back(
    feeds: CountedFeeds, hub: Hub, lookout: Lookout, handlers: Handlers, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free") as listener:
        listener.sent = 0
        feeds.away = True
        handlers.overhear(queued())
        looks = []
        for _ in range(5):
            looks += agenda.pass_time()[-1:]
            await lookout.idle()
        assert looks == [0.5, 2.5, 2.5, 2.5, 2.5]
        feeds.away = False
        looks = []
        for _ in range(7):
            looks += agenda.pass_time()
            await lookout.idle()
        assert looks == [2.5, 2.5, 5, 10, 20, 40, 80]


async def test_what_was_on_its_way_when_a_client_came_is_looked_for(
    feeds: CountedFeeds, hub: Hub, lookout: Lookout, agenda: Agenda
) -> None:
    """The tail told of it before, or not at all: this replica had only begun to listen."""
    with hub.listen(ACCOUNT, "free") as listener:
        listener.sent = 0
        assert agenda.pass_time() == [ARRIVED]
        await lookout.idle()
        await feeds.append(news())
        assert agenda.pass_time() == [5]
        await lookout.idle()
        assert isinstance(await listener.next(0), Notification)


async def test_what_another_replica_is_slow_to_store_is_looked_for_a_while_longer(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free"):
        for _ in range(3):
            handlers.overhear(queued())
        agenda.pass_time()
        looks = [agenda.pass_time() for _ in range(7)]
        assert looks[1:] == [[5], [10], [20], [40], [80], []], "however many events there are"


async def test_what_is_stored_here_in_time_is_looked_for_no_longer(
    handlers: Handlers, hub: Hub, agenda: Agenda
) -> None:
    with hub.listen(ACCOUNT, "free"):
        event = queued()
        handlers.overhear(event)
        await handlers.store(event)
        agenda.pass_time()
        assert agenda.pass_time() == [5], "but for what was on its way when the client came"
