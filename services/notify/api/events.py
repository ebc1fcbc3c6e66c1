"""`GET /v1/events`: an account's news as server-sent events, with replay."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from services.kit.budget import budget
from services.kit.clock import Clock
from services.kit.http import ApiError, Code
from services.kit.http.documented import KEY, answers
from services.kit.telemetry import metrics
from services.kit.telemetry.tracing import SpanKind, span
from services.notify.api.auth import Listens, opened_by
from services.notify.api.context import Here, Notify
from services.notify.api.telling import said
from services.notify.core import LiveNotice, Notification, Start, from_now, parse_position
from services.notify.hub import Listener, TooManyListeners
from services.notify.stream import Item, Quiet, Replay, Reset, feed_stream

__all__ = ["router"]

router = APIRouter(tags=["events"])

_READ_SECONDS = 2.5
_RETRY_MS = 3000
_RETRY_WHILE_AWAY_MS = 15_000
_RANDOM = random.SystemRandom()


async def _listener(reader: Listens, here: Here) -> AsyncIterator[Listener]:
    """There before anything is sent, and gone when the last byte is."""
    try:
        with here.hub.listen(reader.account, reader.plan, opened_by(reader)) as listener:
            yield listener
    except TooManyListeners as error:
        raise ApiError(Code.TOO_MANY_CONNECTIONS, f"{error}.", retry_after=5) from error


Listening = Annotated[Listener, Depends(_listener)]


async def _position(
    listener: Listening,
    here: Here,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> int | Start:
    """After what to go on. Who names nothing hears what comes from now on.

    Now, and not when the store is first read: that may be away for a while once the stream is open.
    """
    last_event_id = last_event_id or after
    if not last_event_id:
        with budget(_READ_SECONDS):
            return from_now(await here.feeds.newest(listener.account))
    try:
        return parse_position(last_event_id)
    except ValueError as error:
        raise ApiError(Code.BAD_REQUEST, f"Last-Event-ID: {error}.") from error


Position = Annotated[int | Start, Depends(_position)]


@router.get("/", include_in_schema=False, response_class=StreamingResponse)
@router.get(
    "/v1/events",
    operation_id="streamEvents",
    summary="The news of your account, live, and what you missed",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}},
        **answers(
            *KEY,
            Code.BAD_REQUEST,
            Code.INVALID_TOKEN,
            Code.TICKET_USED,
            Code.TOO_MANY_CONNECTIONS,
        ),
    },
)
async def events(here: Here, listener: Listening, position: Position) -> StreamingResponse:
    """Server-sent events. Send the last `id` that you saw as `Last-Event-ID` to go on from there.

    A browser sends a `ticket` instead of a key, and may send `last_event_id` in the address.

    `job.*` events have an id and are kept for some days; `job.progressed`, `usage.changed` and
    `limits.changed` have none and reach only those who listen. After `reset` some of what you
    missed is gone: ask `GET /v1/jobs` for the state of things.
    """
    return EventSourceResponse(_stream(here, listener, position))


async def _stream(here: Notify, listener: Listener, position: int | Start) -> AsyncIterator[bytes]:
    """FastAPI's own streams cost two more tasks each, and most of a processor for 10,000 pings."""
    yield format_sse_event(retry=_RETRY_MS, comment="hello")
    stream = feed_stream(
        listener, here.feeds, here.clock, position=position, seconds=here.stream_seconds
    )
    async with aclosing(stream) as items:
        async for item in items:
            yield _sent(item, here.clock)


def _sent(item: Item, clock: Clock) -> bytes:
    match item:
        case Notification() as notification:
            return _pushed(notification, clock)
        case LiveNotice() as live:
            metrics.PUSHES.add(1, channel="sse", outcome="sent")
            return format_sse_event(event=live.type, data_str=_json(live))
        case Quiet():
            return KEEPALIVE_COMMENT
        case Replay.AWAY:
            spread = _RANDOM.randint(0, _RETRY_WHILE_AWAY_MS)
            return format_sse_event(retry=_RETRY_WHILE_AWAY_MS + spread, comment="replay is away")
        case Replay.BACK:
            return format_sse_event(retry=_RETRY_MS, comment="replay is back")
        case Reset():
            return format_sse_event(event="reset", data_str=_json(item))


def _pushed(notification: Notification, clock: Clock) -> bytes:
    """The push is the last span of the trace that began with the request."""
    notice = notification.notice
    with span("notify.push", parent=notice.traceparent, kind=SpanKind.PRODUCER, event=notice.type):
        metrics.PUSHES.add(1, channel="sse", outcome="sent")
        delay = (clock.now() - notice.at).total_seconds()
        metrics.PUSH_SECONDS.record(max(0.0, delay), channel="sse")
        return format_sse_event(
            id=str(notification.sequence), event=notice.type, data_str=_json(notification)
        )


def _json(item: Item) -> str:
    return json.dumps(said(item), separators=(",", ":"))
