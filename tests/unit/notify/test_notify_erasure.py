"""An erased account leaves no feed, no key and no stream with notify."""

from datetime import timedelta

import pytest

from services.contracts import AccountId, Envelope, Event, EventId, JobId, KeyId
from services.contracts.events import (
    AccountChanged,
    AccountErased,
    AccountForgotten,
    AccountStatus,
    JobCancelled,
    JobStarted,
    KeyGrant,
    Scope,
)
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments, MemoryRows
from services.kit.erasures import ERASURES, Eraser, Erasure, Erasures
from services.kit.errors import Unavailable
from services.notify.announcer import Announcer
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS, Deliveries, Endpoints
from services.notify.erasing import erasing, says
from services.notify.handlers import Handlers
from services.notify.hub import Closed, Hub, Opened
from services.notify.keyring import KEYS, KeyOwner, Keyring
from services.notify.lookout import Lookout
from services.notify.repository import HEADS, NOTIFICATIONS, FeedRow, Head, RowFeeds
from services.notify.retention import Retention
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW

OTHER = AccountId.new(NOW)
KEY = KeyId("key_abcd1234")
GRANT = KeyGrant(id=KEY, secret_hash="0" * 64, scopes=(Scope.JOBS_READ,))
OPENED = AccountChanged(at=NOW, account=ACCOUNT, version=1, plan="free", keys=(GRANT,))
ERASED = AccountChanged(
    at=NOW, account=ACCOUNT, version=2, plan="free", status=AccountStatus.ERASED
)


class House:
    """One replica; `beside` is another one's, whose database this one shares."""

    rows: MemoryRows[FeedRow]
    heads: MemoryDocuments[Head]
    keys: MemoryDocuments[KeyOwner]
    gone: MemoryDocuments[Erasure]

    def __init__(self, beside: "House | None" = None) -> None:
        self.clock = ManualClock(NOW)
        self.rows = beside.rows if beside else MemoryRows(NOTIFICATIONS)
        self.heads = beside.heads if beside else MemoryDocuments(HEADS, self.clock, "notify")
        self.keys = beside.keys if beside else MemoryDocuments(KEYS, self.clock, "notify")
        self.gone = beside.gone if beside else MemoryDocuments(ERASURES, self.clock, "notify")
        self.erasures = Erasures(self.gone, self.clock)
        self.hub = Hub()
        self.feeds = RowFeeds(self.rows, self.heads, self.clock, timedelta(days=3))
        keyring = Keyring(self.keys)
        self.keyring = keyring
        announcer = Announcer(self.feeds, self.hub, self.erasures)
        self.handlers = Handlers(
            announcer, keyring, self.hub, self.erasures, Lookout(self.feeds, self.hub)
        )
        self.hooks = MemoryDocuments(ENDPOINTS, self.clock, "notify")
        self.sent = MemoryDocuments(DELIVERIES, self.clock, "notify")
        endpoints, deliveries = Endpoints(self.hooks), Deliveries(self.sent)
        erase = erasing(self.feeds, keyring, self.hub, endpoints, deliveries)
        self.eraser = Eraser(self.erasures, erase, says, self.clock)
        self.retention = Retention(self.rows, self.heads, self.erasures, self.clock)

    async def hear(self, *events: Event) -> None:
        for event in events:
            await self.handlers.store(Envelope(EventId.new(NOW), "test", event))

    async def everything(self) -> str:
        parts = (self.rows, self.heads, self.keys, self.gone, self.hooks, self.sent)
        return repr([await part.find() for part in parts])


def started(account: AccountId = ACCOUNT, job: JobId = JOB) -> JobStarted:
    return JobStarted(at=NOW, account=account, job=job, attempt=1, worker="w")


def cancelled(job: JobId = JOB) -> JobCancelled:
    return JobCancelled(at=NOW, account=ACCOUNT, job=job)


@pytest.fixture
async def house() -> House:
    made = House()
    await made.hear(OPENED, started(), started(OTHER, JobId.new(NOW)))
    return made


async def test_feed_and_keys_go_and_notify_says_so(house: House) -> None:
    await house.hear(ERASED)
    assert await house.keyring.find(KEY) is None
    assert not await house.eraser.look()
    left = await house.everything()
    assert ACCOUNT not in left
    assert KEY not in left
    assert OTHER in left
    assert house.gone.events == [AccountErased(at=NOW, account=ACCOUNT, service="notify")]


async def test_what_comes_late_or_again_brings_nothing_back(house: House) -> None:
    await house.hear(ERASED)
    await house.eraser.look()
    await house.hear(OPENED, cancelled(), started(job=JobId.new(NOW)), ERASED)
    assert not await house.eraser.look()
    assert ACCOUNT not in await house.everything()


async def test_news_that_another_replica_stores_meanwhile_goes_too(house: House) -> None:
    other = House(beside=house)
    await other.hear(started(job=JobId.new(NOW)))
    await house.hear(ERASED)
    await house.eraser.look()
    await other.hear(cancelled(JobId.new(NOW)))
    assert not await house.eraser.look()
    assert ACCOUNT not in await house.everything()


async def test_news_of_an_erased_account_is_pushed_to_nobody(house: House) -> None:
    await house.hear(ERASED)
    await house.eraser.look()
    with house.hub.listen(ACCOUNT, "free") as listener:
        await house.hear(cancelled())
        assert await listener.next(0.01) is None


async def test_its_streams_end_on_every_replica_and_those_of_others_go_on(house: House) -> None:
    opened = Opened(GRANT.secret_hash)
    with (
        house.hub.listen(ACCOUNT, "free", opened) as mine,
        house.hub.listen(OTHER, "free") as others,
    ):
        house.handlers.overhear(Envelope(EventId.new(NOW), "gateway", OPENED))
        house.handlers.overhear(Envelope(EventId.new(NOW), "gateway", ERASED))
        with pytest.raises(Closed) as closed:
            await mine.next(1)
        assert closed.value.reason == "erased"
        assert await others.next(0.01) is None


async def test_the_last_word_on_an_account_is_no_news(house: House) -> None:
    last = Envelope(EventId.new(NOW), "gateway", AccountForgotten(at=NOW, account=ACCOUNT))
    house.handlers.overhear(last)
    await house.hear(last.data)


async def test_retention_that_works_at_the_same_time_leaves_no_head(house: House) -> None:
    async def erase() -> None:
        await house.hear(ERASED)
        await house.eraser.look()

    house.clock.move(timedelta(days=4))
    house.heads.interrupt_next(erase)
    await house.retention.sweep()
    assert not await house.eraser.look()
    assert ACCOUNT not in await house.everything()


@pytest.mark.parametrize("where", ["rows", "heads", "keys", "gone"])
async def test_an_erasure_that_was_cut_off_goes_on(house: House, where: str) -> None:
    await house.hear(ERASED)
    getattr(house, where).fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await house.eraser.look()
    assert not await house.eraser.look()
    assert ACCOUNT not in await house.everything()
