"""A stream lives no longer than the key that opened it."""

from contextlib import aclosing
from datetime import datetime, timedelta

import pytest

from services.contracts import KeyId
from services.contracts.events import AccountChanged, AccountStatus, KeyGrant, Scope
from services.kit.clock import ManualClock
from services.notify.core import LiveNotice
from services.notify.hub import Closed, Hub, Opened
from services.notify.stream import feed_stream
from tests.unit.notify.fakes import ACCOUNT, NOW, ListFeeds, news

MINE = Opened("my hash")


def changed(
    *hashes: str,
    plan: str = "free",
    status: AccountStatus = AccountStatus.ACTIVE,
    revoked_at: datetime | None = None,
) -> AccountChanged:
    keys = tuple(
        KeyGrant(
            id=KeyId(f"key_{number:08}"),
            secret_hash=one,
            scopes=(Scope.JOBS_READ,),
            revoked_at=revoked_at,
        )
        for number, one in enumerate(hashes)
    )
    return AccountChanged(at=NOW, account=ACCOUNT, version=2, plan=plan, status=status, keys=keys)


async def test_a_stream_whose_key_is_gone_ends_and_another_keys_goes_on() -> None:
    hub = Hub()
    with (
        hub.listen(ACCOUNT, "free", MINE) as mine,
        hub.listen(ACCOUNT, "free", Opened("another hash")) as other,
    ):
        hub.changed(changed("another hash"))
        with pytest.raises(Closed, match="revoked"):
            await mine.next(0)
        assert await other.next(0) is None


async def test_news_of_the_time_before_the_key_was_made_ends_nothing() -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free", Opened("my hash", version=3)) as mine:
        hub.changed(changed("another hash"))
        assert await mine.next(0) is None


async def test_the_streams_of_an_account_that_is_suspended_end() -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free", MINE) as mine:
        hub.changed(changed("my hash", status=AccountStatus.SUSPENDED))
        with pytest.raises(Closed, match="revoked"):
            await mine.next(0)


async def test_one_whose_key_ends_later_ends_then(feeds: ListFeeds) -> None:
    hub, clock = Hub(), ManualClock(NOW)
    with hub.listen(ACCOUNT, "free", MINE) as mine:
        stream = feed_stream(mine, feeds, clock, position=0, seconds=3600)
        async with aclosing(stream):
            hub.changed(changed("my hash", revoked_at=NOW + timedelta(seconds=60)))
            for _ in range(2):
                hub.tell_live(LiveNotice("usage.changed", {}, account=ACCOUNT))
            assert isinstance(await anext(stream), LiveNotice)
            clock.move(timedelta(seconds=60))
            assert [item async for item in stream] == []


async def test_what_comes_without_a_key_that_is_good_is_never_told(feeds: ListFeeds) -> None:
    hub, clock = Hub(), ManualClock(NOW)
    await feeds.append(news())
    with hub.listen(ACCOUNT, "free", Opened("my hash", NOW)) as mine:
        stream = feed_stream(mine, feeds, clock, position=0, seconds=3600)
        assert [item async for item in stream] == []


async def test_after_a_change_of_plan_the_limits_of_the_new_one_are_told() -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free", MINE) as mine:
        hub.changed(changed("my hash", plan="plus"))
        assert mine.plan == "plus"
