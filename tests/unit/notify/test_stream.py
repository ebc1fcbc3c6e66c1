import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import AccountId
from services.kit.clock import ManualClock
from services.notify.core import LiveNotice, Notification, from_now
from services.notify.hub import Closed, Hub, TooManyListeners
from services.notify.stream import Item, Quiet, Replay, Reset, feed_stream
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW, ListFeeds, news, stopped

PROGRESS = LiveNotice("job.progressed", {"job": JOB, "step": 1}, account=ACCOUNT)


async def take(stream: AsyncIterator[Item], count: int) -> list[Item]:
    async with asyncio.timeout(2):
        return [await anext(stream) for _ in range(count)]


def sequences(items: list[Item]) -> list[int]:
    return [item.sequence for item in items if isinstance(item, Notification)]


async def store(feeds: ListFeeds, hub: Hub, count: int = 1, *, told: bool = True) -> None:
    for _ in range(count):
        stored = await feeds.append(news())
        if stored and told:
            hub.tell(stored)


async def test_a_client_that_comes_back_gets_what_it_missed_and_then_what_is_new(
    feeds: ListFeeds,
) -> None:
    hub = Hub()
    await store(feeds, hub, 3)
    with hub.listen(ACCOUNT, "free") as listener:
        async with aclosing(
            feed_stream(listener, feeds, ManualClock(), position=1, seconds=60)
        ) as stream:
            assert sequences(await take(stream, 2)) == [2, 3]
            await store(feeds, hub)
            assert sequences(await take(stream, 1)) == [4]


async def test_a_new_client_hears_only_what_is_new(feeds: ListFeeds) -> None:
    hub = Hub()
    await store(feeds, hub, 3)
    with hub.listen(ACCOUNT, "free") as listener:
        async with aclosing(
            feed_stream(listener, feeds, ManualClock(), position=from_now(3), seconds=60)
        ) as stream:
            waiting = asyncio.ensure_future(take(stream, 1))
            await asyncio.sleep(0)
            await store(feeds, hub)
            assert sequences(await waiting) == [4]


async def test_what_both_the_store_and_the_push_hold_is_sent_once(feeds: ListFeeds) -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free") as listener:
        await store(feeds, hub, 2)
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        async with aclosing(stream):
            assert sequences(await take(stream, 2)) == [1, 2]
            await store(feeds, hub)
            assert sequences(await take(stream, 1)) == [3]


async def test_what_another_replica_stored_is_found_by_looking(feeds: ListFeeds) -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free") as listener:
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        async with aclosing(stream):
            await store(feeds, hub, 2, told=False)
            hub.look(ACCOUNT)
            assert sequences(await take(stream, 2)) == [1, 2]
            await store(feeds, hub, 2, told=False)
            await store(feeds, hub)
            assert sequences(await take(stream, 3)) == [3, 4, 5]


async def test_a_stream_stays_open_while_the_database_is_away_and_misses_nothing(
    feeds: ListFeeds,
) -> None:
    hub, clock = Hub(), ManualClock()
    with hub.listen(ACCOUNT, "free") as listener:
        async with aclosing(feed_stream(listener, feeds, clock, position=0, seconds=60)) as stream:
            await store(feeds, hub)
            assert sequences(await take(stream, 1)) == [1]
            feeds.away = True
            await store(feeds, hub, told=False)
            hub.look(ACCOUNT)
            assert await take(stream, 1) == [Replay.AWAY]
            hub.look(ACCOUNT)
            hub.tell_live(PROGRESS)
            assert await take(stream, 1) == [PROGRESS]
            feeds.away = False
            clock.move(timedelta(seconds=5))
            hub.tell_live(PROGRESS)
            items = await take(stream, 3)
    assert sequences(items) == [2]
    assert Replay.BACK in items
    assert PROGRESS in items


async def test_a_stream_that_begins_while_the_database_is_away_replays_when_it_is_back(
    feeds: ListFeeds,
) -> None:
    hub, clock = Hub(), ManualClock()
    await store(feeds, hub, 3)
    feeds.away = True
    with hub.listen(ACCOUNT, "free") as listener:
        async with aclosing(feed_stream(listener, feeds, clock, position=1, seconds=60)) as stream:
            assert await take(stream, 1) == [Replay.AWAY]
            feeds.away = False
            clock.move(timedelta(seconds=5))
            hub.look(ACCOUNT)
            assert sequences(await take(stream, 2)) == [2, 3]


async def test_progress_passes_through_without_a_place_in_the_feed(feeds: ListFeeds) -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free") as listener:
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        async with aclosing(stream):
            hub.tell_live(PROGRESS)
            assert await take(stream, 1) == [PROGRESS]


async def test_limits_reach_everybody_on_the_plan_and_nobody_else() -> None:
    hub = Hub()
    limits = LiveNotice("limits.changed", {}, plan="free")
    other = AccountId.new(NOW)
    with hub.listen(ACCOUNT, "free") as free, hub.listen(other, "pro") as pro:
        hub.tell_live(limits)
        assert await free.next(1) == limits
        assert await pro.next(0) is None


async def test_a_position_that_is_no_longer_kept_is_answered_by_a_reset(feeds: ListFeeds) -> None:
    hub = Hub()
    await store(feeds, hub, 5)
    feeds.hidden = 3
    with hub.listen(ACCOUNT, "free") as listener:
        stream = feed_stream(listener, feeds, ManualClock(), position=1, seconds=60)
        async with aclosing(stream):
            items = await take(stream, 3)
    assert items[0] == Reset(3)
    assert sequences(items) == [4, 5]


async def test_a_client_that_does_not_read_is_closed_and_others_are_not() -> None:
    hub = Hub(buffer=2)
    feeds = ListFeeds()
    with hub.listen(ACCOUNT, "free") as slow, hub.listen(AccountId.new(NOW), "free") as other:
        await store(feeds, hub, 3)
        with pytest.raises(Closed, match="slow"):
            await slow.next(1)
        assert await other.next(0) is None


async def test_lossy_news_never_closes_a_slow_client() -> None:
    hub = Hub(buffer=1)
    with hub.listen(ACCOUNT, "free") as listener:
        hub.tell_live(PROGRESS)
        hub.tell_live(PROGRESS)
        assert await listener.next(1) == PROGRESS
        assert await listener.next(0) is None


async def test_streams_end_when_the_process_stops_and_none_begins(feeds: ListFeeds) -> None:
    hub = Hub()
    with hub.listen(ACCOUNT, "free") as listener:
        stopped(hub)
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
        assert [item async for item in stream] == []
    with hub.listen(ACCOUNT, "free") as late, pytest.raises(Closed, match="stopping"):
        await late.next(1)


async def test_a_stream_ends_after_its_time_so_that_clients_spread_anew(
    feeds: ListFeeds,
) -> None:
    hub, clock = Hub(), ManualClock()
    with hub.listen(ACCOUNT, "free") as listener:
        stream = feed_stream(listener, feeds, clock, position=0, seconds=60)
        hub.tell_live(PROGRESS)
        assert await take(stream, 1) == [PROGRESS]
        clock.move(timedelta(seconds=60))
        assert [item async for item in stream] == []


async def test_an_account_has_so_many_connections_and_no_more() -> None:
    hub = Hub(per_account=1)
    with hub.listen(ACCOUNT, "free"):
        assert hub.has(ACCOUNT)
        with pytest.raises(TooManyListeners), hub.listen(ACCOUNT, "free"):
            pass
    assert not hub.has(ACCOUNT)
    with hub.listen(ACCOUNT, "free"):
        pass


acts = st.lists(st.sampled_from(["store+tell", "store", "look", "progress", "read"]), max_size=25)


@given(st.integers(0, 4), acts)
def test_whatever_happens_in_whatever_order_the_feed_has_no_gap_and_no_double(
    before: int, plan: list[str]
) -> None:
    async def story() -> None:
        feeds, hub, got = ListFeeds(), Hub(), list[Item]()
        await store(feeds, hub, before)
        with hub.listen(ACCOUNT, "free") as listener:
            stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=60)
            async with aclosing(stream):
                for act in plan:
                    match act:
                        case "store+tell":
                            await store(feeds, hub)
                        case "store":
                            await store(feeds, hub, told=False)
                        case "look":
                            hub.look(ACCOUNT)
                        case "progress":
                            hub.tell_live(PROGRESS)
                        case _:
                            if sequences(got)[-1:] != [before] and len(sequences(got)) < before:
                                got += await take(stream, 1)
                hub.look(ACCOUNT)
                while len(sequences(got)) < len(feeds.rows):
                    got += await take(stream, 1)
        assert sequences(got) == list(range(1, len(feeds.rows) + 1))

    asyncio.run(story())


async def test_a_stream_in_which_nothing_happens_shows_that_it_lives(feeds: ListFeeds) -> None:
    with Hub().listen(ACCOUNT, "free") as listener:
        stream = feed_stream(listener, feeds, ManualClock(), position=0, seconds=0.01)
        async with aclosing(stream):
            assert await take(stream, 1) == [Quiet()]
