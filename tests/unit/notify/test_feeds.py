import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import AccountId, EventId, JobId, KeyId
from services.contracts.events import AccountChanged, AccountStatus, KeyGrant, Scope
from services.kit.clock import ManualClock
from services.kit.documents import Condition, MemoryDocuments, MemoryRows
from services.kit.erasures import ERASURES, Erasures
from services.kit.errors import Unavailable
from services.notify.core import Resume, Start, start
from services.notify.keyring import KEYS, Keyring
from services.notify.repository import HEADS, NOTIFICATIONS, FeedRow, RowFeeds
from services.notify.retention import Retention
from tests.unit.notify.fakes import ACCOUNT, NOW, news


class Notify:
    """One or more replicas over the same rows."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.rows: MemoryRows[FeedRow] = MemoryRows(NOTIFICATIONS)
        self.heads = MemoryDocuments(HEADS, self.clock, "notify")

    def replica(self) -> RowFeeds:
        return RowFeeds(self.rows, self.heads, self.clock, timedelta(days=3))

    def retention(self) -> Retention:
        erasures = Erasures(MemoryDocuments(ERASURES, self.clock, "notify"), self.clock)
        return Retention(self.rows, self.heads, erasures, self.clock)


async def places(feeds: RowFeeds, account: AccountId = ACCOUNT) -> list[int]:
    return [found.sequence for found in await feeds.after(account, 0, limit=500)]


async def test_an_event_that_comes_again_keeps_its_one_place() -> None:
    notify = Notify()
    event = news()
    assert await notify.replica().append(event)
    assert await notify.replica().append(event) is None
    assert await places(notify.replica()) == [1]


async def test_news_older_than_what_was_told_is_not_told() -> None:
    feeds = Notify().replica()
    await feeds.append(news("job.completed", step=9))
    assert await feeds.append(news("job.queued", step=1)) is None
    assert await feeds.after(ACCOUNT, 1, limit=9) == []


async def test_news_of_no_job_has_its_one_place_too() -> None:
    notify = Notify()
    await notify.replica().append(news())
    lost = replace(news("webhook.disabled"), job=None, facts={"webhook": "whe_1"})
    for _ in range(2):
        await notify.replica().append(lost)
    await notify.replica().append(news("job.completed", step=9))
    found = await notify.replica().after(ACCOUNT, 1, limit=9)
    assert [(one.sequence, one.notice.type) for one in found] == [
        (2, "webhook.disabled"),
        (3, "job.completed"),
    ]
    assert found[0].notice.href == "/v1/webhooks/whe_1"


class Overtaken(MemoryRows[FeedRow]):
    """Another replica does something right after this one has read a job's news."""

    def __init__(
        self, rows: MemoryRows[FeedRow], meanwhile: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(NOTIFICATIONS)
        self._stored = rows._stored
        self._meanwhile: list[Callable[[], Awaitable[object]]] = [meanwhile]

    async def find(
        self, where: Sequence[Condition] = (), *, order: Sequence[str] = (), limit: int = 100
    ) -> list[FeedRow]:
        found = await super().find(where, order=order, limit=limit)
        if where[0][0] == "job" and self._meanwhile:
            await self._meanwhile.pop()()
        return found


async def test_news_that_another_replica_overtakes_is_not_told_after_what_followed_it() -> None:
    notify = Notify()
    other, clock = notify.replica(), notify.clock
    later, earlier = news("job.queued", step=2), news("job.admitted", step=1)
    rows = Overtaken(notify.rows, lambda: other.append(later))
    feeds = RowFeeds(rows, notify.heads, clock, timedelta(days=3))

    assert await feeds.append(earlier) is None

    told = await feeds.after(ACCOUNT, 0, limit=9)
    assert [found.notice.type for found in told] == ["job.queued"]


async def test_what_a_replica_remembers_of_a_job_is_void_once_another_adds_to_the_feed() -> None:
    notify = Notify()
    one, other = notify.replica(), notify.replica()
    await one.append(news("job.queued", step=1))
    await other.append(news("job.completed", step=9))
    await one.append(replace(news("job.queued"), job=JobId.new(NOW)))

    assert await one.append(news("job.started", step=5)) is None


async def test_news_of_one_job_that_comes_on_two_streams_at_once_is_told_in_its_order() -> None:
    feeds = Notify().replica()
    later, earlier = news("job.queued", step=2), news("job.admitted", step=1)
    told = await asyncio.gather(feeds.append(later), feeds.append(earlier))
    assert [stored and stored.notice.type for stored in told] == ["job.queued", None]


async def test_replicas_that_write_one_feed_at_once_leave_no_gap_and_no_double() -> None:
    notify = Notify()
    stories = [replace(news(), event=EventId.new(NOW), job=JobId.new(NOW)) for _ in range(30)]

    async def write(feeds: RowFeeds, first: int) -> None:
        for story in stories[first:] + stories[:first]:
            await feeds.append(story)

    await asyncio.gather(*(write(notify.replica(), first) for first in (0, 10, 20)))
    assert await places(notify.replica()) == list(range(1, 31))


async def test_each_account_has_a_feed_of_its_own() -> None:
    feeds = Notify().replica()
    other = AccountId.new(NOW)
    await feeds.append(news())
    stored = await feeds.append(replace(news(account=other), job=JobId.new(NOW)))
    assert stored
    assert stored.sequence == 1
    assert await feeds.bounds(other) == (1, 1)


class InterruptedRows(MemoryRows[FeedRow]):
    """After the first look for an edge of a feed, somebody else adds to it."""

    act: Callable[[], Awaitable[object]] | None = None

    async def find(
        self, where: Sequence[Condition] = (), *, order: Sequence[str] = (), limit: int = 100
    ) -> list[FeedRow]:
        found = await super().find(where, order=order, limit=limit)
        if self.act and limit == 1:
            act, self.act = self.act, None
            await act()
        return found


@pytest.mark.parametrize("before", [0, 3])
async def test_news_that_comes_while_a_client_connects_is_not_taken_for_expired(
    before: int,
) -> None:
    notify = Notify()
    notify.rows = rows = InterruptedRows(NOTIFICATIONS)
    feeds = notify.replica()
    for step in range(before):
        await feeds.append(news(step=step + 1))
    rows.act = lambda: notify.replica().append(replace(news(), job=JobId.new(NOW)))
    oldest, newest = await feeds.bounds(ACCOUNT)
    assert start(before, oldest, newest) == Start(before, Resume.REPLAY)


async def test_expired_notifications_go_and_the_sequence_goes_on() -> None:
    notify = Notify()
    feeds = notify.replica()
    for step in range(1, 4):
        await feeds.append(news(step=step))
    notify.clock.move(timedelta(days=3))
    assert await notify.retention().sweep() == 3
    assert await notify.replica().bounds(ACCOUNT) == (None, 3)
    stored = await notify.replica().append(news(step=5))
    assert stored
    assert stored.sequence == 4


async def test_what_is_still_kept_is_left_alone() -> None:
    notify = Notify()
    await notify.replica().append(news(step=1))
    notify.clock.move(timedelta(days=2))
    await notify.replica().append(news(step=2))
    notify.clock.move(timedelta(days=1))
    assert await notify.retention().sweep() == 1
    assert await places(notify.replica()) == [2]


async def test_the_sweep_waits_while_the_database_is_away() -> None:
    notify = Notify()
    await notify.replica().append(news(step=1))
    notify.clock.move(timedelta(days=3))
    notify.rows.fail_next(Unavailable("database"))
    stop = asyncio.Event()
    sweeping = asyncio.create_task(notify.retention().run(stop))
    for _ in range(20):
        await notify.clock.advance(timedelta(minutes=10))
    stop.set()
    await sweeping
    assert await places(notify.replica()) == []


GRANT = KeyGrant(id=KeyId("key_aaaaaaaa"), secret_hash="1" * 64, scopes=(Scope.JOBS_READ,))


def account(version: int, *keys: KeyGrant, plan: str = "free") -> AccountChanged:
    return AccountChanged(at=NOW, account=ACCOUNT, version=version, plan=plan, keys=keys)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(MemoryDocuments(KEYS, ManualClock(NOW), "notify"))


async def test_a_key_is_known_as_its_account_last_had_it(keyring: Keyring) -> None:
    await keyring.learn(account(1, GRANT))
    await keyring.learn(account(2, GRANT, plan="pro"))
    found = await keyring.find(GRANT.id)
    assert found
    assert (found.plan, found.status) == ("pro", AccountStatus.ACTIVE)


async def test_old_news_of_an_account_changes_nothing(keyring: Keyring) -> None:
    await keyring.learn(account(2, GRANT, plan="pro"))
    await keyring.learn(account(1, GRANT))
    found = await keyring.find(GRANT.id)
    assert found
    assert found.plan == "pro"


async def test_a_key_that_its_account_no_longer_names_opens_nothing(keyring: Keyring) -> None:
    await keyring.learn(account(1, GRANT))
    await keyring.learn(account(2))
    await keyring.learn(account(1, GRANT))
    assert await keyring.find(GRANT.id) is None


async def test_an_unknown_key_is_nobodys(keyring: Keyring) -> None:
    assert await keyring.find(KeyId("key_zzzzzzzz")) is None
