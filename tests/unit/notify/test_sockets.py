"""The news over a WebSocket, on a real port: the same feed, and an end that says why."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from services.contracts import JobId
from services.contracts.jobs import JobStatus
from services.kit.component import Readiness
from services.kit.http import HttpServer
from services.notify.api.sockets import Close
from services.notify.hub import Hub
from tests.unit.notify.fakes import ACCOUNT, JOB, NOW, news, stopped
from tests.unit.notify.house import House


@pytest.fixture
async def url(house: House) -> AsyncIterator[str]:
    stop = asyncio.Event()
    server = HttpServer(house.app, "127.0.0.1", 0, Readiness(), drain_seconds=1)
    running = asyncio.create_task(server.run(stop))
    await server.started.wait()
    yield f"ws://127.0.0.1:{server.port}/v1/ws"
    stopped(house.hub)
    stop.set()
    await running


@asynccontextmanager
async def opened(
    house: House, url: str, first: Any = None, **more: Any
) -> AsyncIterator[ClientConnection]:
    headers = more.pop("headers", None) or await house.key()
    async with connect(url, additional_headers=headers, proxy=None, **more) as socket:
        with suppress(ConnectionClosed):  # some are refused before they say anything
            await socket.send(json.dumps(first if first is not None else {}))
        yield socket


async def heard(socket: ClientConnection, count: int = 1) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def end(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def stored(house: House, *types: str) -> None:
    for kind in types:
        notification = await house.hooks.feeds.append(news(kind))
        assert notification
        house.hub.tell(notification)


async def listening(hub: Hub) -> None:
    async with asyncio.timeout(5):
        while not hub.has(ACCOUNT):  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)


async def test_it_goes_on_where_the_client_was_and_then_tells_what_is_new(
    house: House, url: str
) -> None:
    await stored(house, "job.queued", "job.started")
    async with opened(house, url, {"resume_after": 1}) as socket:
        (missed,) = await heard(socket)
        assert (missed["type"], missed["sequence"]) == ("job.started", 2)
        await stored(house, "job.completed")
        (new,) = await heard(socket)
    assert (new["type"], new["sequence"], new["href"][:13]) == ("job.completed", 3, "/v1/jobs/job_")


async def test_a_new_client_hears_what_comes_from_now_on(house: House, url: str) -> None:
    await stored(house, "job.queued")
    async with opened(house, url) as socket:
        await listening(house.hub)
        await stored(house, "job.started")
        assert [one["type"] for one in await heard(socket)] == ["job.started"]


async def test_one_of_a_job_begins_with_its_first_news_and_is_done_with_it(
    house: House, url: str
) -> None:
    other = JobId.new(NOW)
    for notice in (news(job=other), news(), news("job.completed", status=JobStatus.COMPLETED)):
        await house.hooks.feeds.append(notice)
    async with opened(house, url, {"job": JOB}) as socket:
        assert [one["sequence"] for one in await heard(socket, 2)] == [2, 3]
        assert await end(socket) == (Close.DONE, "the job has ended")
    async with opened(house, url, {"job": JOB, "resume_after": 3}) as again:
        assert (await end(again))[0] == Close.DONE


async def test_one_of_a_job_of_which_nothing_is_kept_is_told_so(house: House, url: str) -> None:
    house.hooks.clock.move(timedelta(days=8))
    async with opened(house, url, {"job": JOB}) as socket:
        assert await end(socket) == (Close.GONE, "gone")


async def test_what_is_gone_is_told_by_a_reset(house: House, url: str) -> None:
    await stored(house, "job.queued", "job.started", "job.completed")
    house.hooks.feeds.hidden = 2
    async with opened(house, url, {"resume_after": 0}) as socket:
        reset, kept = await heard(socket, 2)
    assert (reset["type"], kept["sequence"]) == ("reset", 3)


async def test_a_browser_comes_with_a_ticket(house: House, url: str) -> None:
    ticket, _ = await house.tickets.issue(await house.key_id())
    await stored(house, "job.queued")
    async with opened(
        house, f"{url}?ticket={ticket}", {"resume_after": 0}, headers={"x-no": "key"}
    ) as socket:
        assert len(await heard(socket)) == 1
    async with opened(house, f"{url}?ticket={ticket}", headers={"x-no": "key"}) as again:
        assert await end(again) == (Close.UNKNOWN, "ticket_used")


async def test_who_is_unknown_is_told_so_by_the_code(house: House, url: str) -> None:
    headers = {"authorization": "Bearer nobody"}
    async with opened(house, url, headers=headers) as socket:
        assert await end(socket) == (Close.UNKNOWN, "invalid_api_key")


@pytest.mark.parametrize(
    "first",
    [[1], {"resume_after": "x"}, {"resume_after": -1}, {"job": "job_1"}, {"jobs": 1}, "text"],
)
async def test_a_first_message_that_says_nothing_ends_it(
    house: House, url: str, first: Any
) -> None:
    async with opened(house, url, first) as socket:
        assert (await end(socket))[0] == Close.BAD_MESSAGE


async def test_a_page_of_another_origin_is_refused(house: House, url: str) -> None:
    async with opened(house, url, origin="https://evil.example") as socket:
        assert (await end(socket))[0] == Close.ORIGIN


async def test_an_account_has_so_many_connections(house: House, url: str) -> None:
    key = await house.key()
    sockets = [opened(house, url, headers=key) for _ in range(house.connections + 1)]
    entered = [await each.__aenter__() for each in sockets]
    ends = [asyncio.create_task(end(each)) for each in entered]
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED, timeout=5)
    assert [task.result()[0] for task in done] == [Close.TOO_MANY]
    stopped(house.hub)
    await asyncio.wait(ends)
    for each in sockets:
        await each.__aexit__(None, None, None)


async def test_a_process_that_stops_tells_its_clients_to_go_elsewhere(
    house: House, url: str
) -> None:
    async with opened(house, url) as socket:
        await listening(house.hub)
        stopped(house.hub)
        assert (await end(socket))[0] == Close.RESTART


async def test_who_chatters_is_cut_off(house: House, url: str) -> None:
    async with opened(house, url) as socket:
        for _ in range(30):
            await socket.send("hello")
        assert (await end(socket))[0] == Close.BAD_MESSAGE


async def test_a_message_that_is_too_large_ends_it(house: House, url: str) -> None:
    async with opened(house, url) as socket:
        await socket.send("x" * 5000)
        assert (await end(socket))[0] == 1009
