"""`/v1/ws`: the same news as `/v1/events`, for clients that prefer a WebSocket (RFC 6455)."""

import asyncio
from contextlib import aclosing
from enum import IntEnum

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field

from services.contracts import JobId
from services.kit.budget import budget
from services.kit.errors import Unavailable
from services.kit.http import ApiError
from services.kit.telemetry import SpanKind, metrics, span
from services.notify.api.auth import listens, opened_by
from services.notify.api.context import Notify, notify_of
from services.notify.api.position import Wish, news, wish
from services.notify.api.telling import said
from services.notify.api.webhook_bodies import StrictBody
from services.notify.core import Notification
from services.notify.hub import Listener, TooManyListeners
from services.notify.keyring import KeyOwner
from services.notify.stream import Item, Quiet

__all__ = ["Close", "router"]

router = APIRouter()

_FIRST_WITHIN = 5.0
_SENT_WITHIN = 30.0
_READ_SECONDS = 2.5
_MOST_A_SECOND = 10


class Close(IntEnum):
    """Why it was closed: DONE with the job that it was about.

    After RESTART a client opens another, and goes on from its last.
    """

    DONE = 1000
    RESTART = 1012
    LATER = 1013
    BAD_MESSAGE = 4400
    UNKNOWN = 4401
    ORIGIN = 4403
    SILENT = 4408
    GONE = 4410
    TOO_MANY = 4429


_WORDS = {
    Close.DONE: "the job has ended",
    Close.RESTART: "go on with another connection",
}


class _First(StrictBody):
    """What a client says first: where it goes on, and of which job alone, if of one."""

    resume_after: int | None = Field(None, ge=0)
    job: JobId | None = None


class _Closing(Exception):
    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.websocket("/v1/ws")
async def connect(socket: WebSocket) -> None:
    """A key in the header, or a ticket; the first message says from where to go on.

    `{"resume_after": 7}`, or `{}` for what comes from now on; with `job`, of that job alone. Within
    five seconds. Each message after that is one piece of news.
    """
    here = notify_of(socket)
    await socket.accept()
    try:
        close = await _serve(socket, here)
    except TooManyListeners as error:
        await _close(socket, Close.TOO_MANY, str(error))
    except _Closing as closing:
        await _close(socket, closing.code, closing.reason)
    except WebSocketDisconnect:
        return
    else:
        await _close(socket, close, _WORDS[close])


async def _serve(socket: WebSocket, here: Notify) -> Close:
    owner = await _owner(socket, here)
    first = await _first(socket)
    with here.hub.listen(owner.account, owner.plan, opened_by(owner)) as listener:
        wished = await _wish(here, owner, first)
        if wished.told:
            return Close.DONE
        return await _tell(socket, here, listener, wished)


async def _owner(socket: WebSocket, here: Notify) -> KeyOwner:
    origin = socket.headers.get("origin")
    if origin and here.origins and origin not in here.origins:
        raise _Closing(Close.ORIGIN, "this origin may not connect")
    try:
        with budget(_READ_SECONDS):
            return await listens(socket, here, socket.query_params.get("ticket"))
    except ApiError as refused:
        raise _Closing(Close.UNKNOWN, refused.code.value) from refused
    except Unavailable as away:
        raise _Closing(Close.LATER, away.part) from away


async def _first(socket: WebSocket) -> _First:
    try:
        async with asyncio.timeout(_FIRST_WITHIN):
            return _First.model_validate_json(await socket.receive_text())
    except TimeoutError as error:
        raise _Closing(Close.SILENT, "say from where to go on") from error
    except (ValueError, KeyError) as error:
        raise _Closing(Close.BAD_MESSAGE, "say resume_after, a sequence, or nothing") from error


async def _wish(here: Notify, owner: KeyOwner, first: _First) -> Wish:
    try:
        return await wish(here, owner.account, first.resume_after, first.job)
    except ApiError as refused:
        raise _Closing(Close.GONE, refused.code.value) from refused
    except Unavailable as away:
        raise _Closing(Close.LATER, away.part) from away


async def _tell(socket: WebSocket, here: Notify, listener: Listener, wished: Wish) -> Close:
    """Returns when the stream is over. Raises WebSocketDisconnect and _Closing."""
    reading = asyncio.create_task(_read(socket))
    writing = asyncio.create_task(_write(socket, here, listener, wished))
    both = {reading, writing}
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return writing.result()
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)


async def _write(socket: WebSocket, here: Notify, listener: Listener, wished: Wish) -> Close:
    async with aclosing(news(here, listener, wished)) as items:
        async for item in items:
            try:
                async with asyncio.timeout(_SENT_WITHIN):
                    await _send(socket, here, item)
            except TimeoutError as error:
                raise _Closing(Close.RESTART, "too slow") from error
            if wished.ends_with(item):
                return Close.DONE
    return Close.RESTART


async def _send(socket: WebSocket, here: Notify, item: Item) -> None:
    """Of news that is kept, the push is the last span of the trace that began with the request."""
    if isinstance(item, Quiet):
        return  # a WebSocket has pings of its own
    if not isinstance(item, Notification):
        await socket.send_json(said(item))
        return
    notice = item.notice
    with span("notify.push", parent=notice.traceparent, kind=SpanKind.PRODUCER, event=notice.type):
        await socket.send_json(said(item))
    metrics.PUSHES.add(1, channel="ws", outcome="sent")
    delay = (here.clock.now() - notice.at).total_seconds()
    metrics.PUSH_SECONDS.record(max(0.0, delay), channel="ws")


async def _read(socket: WebSocket) -> None:
    """Nothing more is expected; a few messages are passed over, many are not."""
    loop = asyncio.get_running_loop()
    second, count = 0, 0
    while True:
        await socket.receive_text()
        now = int(loop.time())
        count = count + 1 if now == second else 1
        second = now
        if count > _MOST_A_SECOND:
            raise _Closing(Close.BAD_MESSAGE, "too many messages")


async def _close(socket: WebSocket, code: Close, reason: str) -> None:
    try:
        async with asyncio.timeout(_FIRST_WITHIN):
            await socket.close(code, reason)
    except (TimeoutError, RuntimeError):
        return  # it is gone, or does not read
