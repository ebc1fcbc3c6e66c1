"""`GET /v1/events`: an account's news as server-sent events, with replay."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from services.kit.clock import Clock
from services.kit.http import Code
from services.kit.http.documented import KEY, answers
from services.kit.telemetry import metrics
from services.kit.telemetry.tracing import SpanKind, span
from services.notify.api.context import Here, Notify
from services.notify.api.position import Listening, Wanted, Wish, news
from services.notify.api.telling import said
from services.notify.core import LiveNotice, Notification, Start
from services.notify.hub import Listener
from services.notify.stream import Item, Quiet, Replay, Reset

__all__ = ["router"]

router = APIRouter(tags=["events"])

_RETRY_MS = 3000
_RETRY_WHILE_AWAY_MS = 15_000
_RANDOM = random.SystemRandom()


@router.get("/", include_in_schema=False, response_class=StreamingResponse)
@router.get(
    "/v1/events",
    operation_id="streamEvents",
    summary="The news of your account, live, and what you missed",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}},
        204: {"description": "The job has ended, and you have seen its end: don't come back."},
        **answers(
            *KEY,
            Code.BAD_REQUEST,
            Code.INVALID_TOKEN,
            Code.TICKET_USED,
            Code.INVALID_VALUE,
            Code.GONE,
            Code.TOO_MANY_CONNECTIONS,
        ),
    },
)
async def events(here: Here, listener: Listening, wish: Wanted) -> Response:
    """Server-sent events. Send the last `id` that you saw as `Last-Event-ID` to go on from there.

    A browser sends a `ticket` instead of a key, and may send `last_event_id` in the address.

    `job.*` events have an id and are kept for some days; `job.progressed`, `usage.changed` and
    `limits.changed` have none and reach only those who listen. After `reset` some of what you
    missed is gone: ask `GET /v1/jobs` for the state of things.

    With `job` it tells of one job, from its first news on, and is over with the job. Whoever comes
    back after that is answered 204, and an `EventSource` stays away.
    """
    if wish.told:
        return Response(status_code=204)
    return EventSourceResponse(_stream(here, listener, wish))


async def _stream(here: Notify, listener: Listener, wish: Wish) -> AsyncIterator[bytes]:
    """FastAPI's own streams cost two more tasks each, and most of a processor for 10,000 pings.

    The first line says where the stream begins, so that a client goes on from there even if its
    connection is lost before any news (HTML standard, 9.2.6: an id counts without data).
    """
    begins = wish.position.after if isinstance(wish.position, Start) else wish.position
    yield format_sse_event(id=str(begins), retry=_RETRY_MS, comment="hello")
    async with aclosing(news(here, listener, wish)) as items:
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
