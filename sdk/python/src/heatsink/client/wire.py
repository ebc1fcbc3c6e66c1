"""Between the flows and httpx2."""

from typing import Any

import httpx2
from heatsink.client.errors import HeatsinkError, refusal
from heatsink.client.events import EventLines
from heatsink.client.exchange import Lost, Reply, Request

__all__ = ["TIMEOUT", "arguments", "event_arguments", "failed", "heard", "reply_of"]

TIMEOUT = httpx2.Timeout(90, connect=5)
_QUIET = httpx2.Timeout(45, connect=5)
"""Streams say something every 15 s."""

_NO_MORE = 204
_PASSING = 500
_TOO_MANY = 429
_BAD = 400


def arguments(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {
        "method": request.method,
        "url": request.path,
        "params": request.query or None,
        "headers": request.headers,
    }
    if request.body is not None:
        given["json"] = request.body
    if request.photo is not None:
        given["files"] = {"image": request.photo}
    return given


def reply_of(answer: httpx2.Response) -> Reply:
    return Reply(answer.status_code, dict(answer.headers), answer.content)


def failed(error: httpx2.HTTPError) -> Lost:
    return Lost(str(error) or type(error).__name__)


def event_arguments(url: str | None, lines: EventLines) -> dict[str, Any]:
    if url is None:
        raise HeatsinkError("events need events_url: the address of notify")
    return {
        "method": "GET",
        "url": f"{url}/v1/events",
        "params": {"job": lines.job} if lines.job else None,
        "headers": {"Last-Event-ID": str(lines.last)} if lines.last is not None else {},
        "timeout": _QUIET,
    }


def heard(lines: EventLines, status: int, content: bytes) -> None:
    """Raises Refused for a stream that will not be given; what passes is tried again."""
    if status == _NO_MORE:
        lines.over = True
    if status < _BAD or status >= _PASSING or status == _TOO_MANY:
        return
    raise refusal(status, Reply(status, {}, content).json(), None)
