"""A stream of one job: its story so far, its progress, its end, and then no more."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.contracts import JobId
from services.contracts.jobs import JobStatus
from services.kit.clock import ManualClock
from services.notify.core import LiveNotice, Notice, Notification
from services.notify.hub import Hub
from services.notify.job_stream import job_stream
from services.notify.stream import QUIET_FOR, Item, Quiet, feed_stream
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW, ListFeeds, news, stopped
from tests.unit.notify.house import House

OTHER = JobId.new(NOW)
PROGRESS = LiveNotice("job.progressed", {"job": JOB, "step": 1}, account=ACCOUNT)
OTHERS_PROGRESS = LiveNotice("job.progressed", {"job": OTHER, "step": 1}, account=ACCOUNT)
USAGE = LiveNotice("usage.changed", {"plan": "free"}, account=ACCOUNT)


def end(job: JobId = JOB) -> Notice:
    return news("job.completed", job=job, status=JobStatus.COMPLETED)


@dataclass
class Opened:
    """A stream of JOB."""

    told: AsyncGenerator[Item, None]
    hub: Hub
    clock: ManualClock


@asynccontextmanager
async def opened(feeds: ListFeeds) -> AsyncIterator[Opened]:
    hub, clock = Hub(), ManualClock()
    with hub.listen(ACCOUNT, "free") as listener:
        news = feed_stream(listener, feeds, clock, position=0, seconds=60)
        async with aclosing(job_stream(news, JOB, clock)) as told:
            yield Opened(told, hub, clock)


async def test_it_tells_what_is_of_its_job_and_is_over_with_it(feeds: ListFeeds) -> None:
    for notice in (news(), news(job=OTHER), end(OTHER), end(), news(job=OTHER)):
        await feeds.append(notice)
    async with opened(feeds) as stream:
        told = [item async for item in stream.told]
    assert [item.sequence for item in told if isinstance(item, Notification)] == [1, 4]
    assert len(told) == 2


async def test_progress_of_other_jobs_and_news_of_none_are_left_out(feeds: ListFeeds) -> None:
    async with opened(feeds) as stream:
        for live in (OTHERS_PROGRESS, USAGE, PROGRESS):
            stream.hub.tell_live(live)
        assert await anext(stream.told) == PROGRESS


async def test_one_that_leaves_much_out_still_shows_that_it_lives(feeds: ListFeeds) -> None:
    async with opened(feeds) as stream:
        stream.hub.tell_live(PROGRESS)
        assert await anext(stream.told) == PROGRESS
        stream.hub.tell_live(OTHERS_PROGRESS)
        stream.clock.move(timedelta(seconds=QUIET_FOR))
        assert await anext(stream.told) == Quiet()


async def ask(house: House, job: str = JOB, last: int | None = None) -> httpx2.Response:
    headers = await house.key() | ({"last-event-id": str(last)} if last is not None else {})
    return await house.client.get("/v1/events", params={"job": job}, headers=headers)


def told_in(response: httpx2.Response) -> list[dict[str, Any]]:
    lines = response.text.splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


async def test_without_a_position_it_begins_with_the_jobs_first_news(house: House) -> None:
    for notice in (news(job=OTHER), news(), end()):
        await house.hooks.feeds.append(notice)
    told = told_in(await ask(house))
    assert [(one["sequence"], one["type"]) for one in told] == [
        (2, "job.queued"),
        (3, "job.completed"),
    ]


async def test_a_client_that_comes_back_hears_what_it_missed(house: House) -> None:
    for notice in (news(), news("job.started"), end()):
        await house.hooks.feeds.append(notice)
    assert [one["sequence"] for one in told_in(await ask(house, last=1))] == [2, 3]


async def test_a_client_that_has_seen_the_end_is_told_to_stay_away(house: House) -> None:
    for notice in (news(), end(), news(job=OTHER)):
        await house.hooks.feeds.append(notice)
    response = await ask(house, last=2)
    assert response.status_code == 204


async def test_a_job_so_old_that_nothing_is_kept_of_it_is_gone(house: House) -> None:
    house.hooks.clock.move(timedelta(days=8))
    response = await ask(house)
    assert (response.status_code, response.json()["code"]) == (410, "gone")


async def test_a_stream_says_where_it_begins_so_that_one_lost_before_any_news_misses_none(
    house: House,
) -> None:
    await house.hooks.feeds.append(news(job=OTHER))
    await house.hooks.feeds.append(end())
    first = (await ask(house)).text.split("\n\n")[0]
    assert "id: 1" in first.splitlines()
    assert "data" not in first


@pytest.mark.parametrize(("first", "status"), [("0", 410), ("f", 200)])
async def test_a_job_that_says_it_is_of_no_time_at_all_is_a_job_like_others(
    house: House, first: str, status: int
) -> None:
    stopped(house.hub)
    response = await ask(house, f"job_{first * 12}{'0' * 20}")
    assert response.status_code == status


@pytest.mark.parametrize("job", ["job_1", "acc_0193a1b2c3d47e8f9a0b1c2d3e4f5a6b", ""])
async def test_what_is_no_job_is_refused(house: House, job: str) -> None:
    response = await ask(house, job)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_value")
