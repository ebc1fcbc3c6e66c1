"""The middleware around the smallest apps, without a port: what a server hardly ever does."""

import json
from collections.abc import AsyncIterator

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from services.kit.http import ApiError, Code, protect
from services.kit.http.problems import problem_response


def scope(**given: object) -> Scope:
    basic = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "scheme": "http",
    }
    return basic | given


async def call(app: ASGIApp, called: Scope, *messages: Message) -> list[Message]:
    sent: list[Message] = []
    waiting: AsyncIterator[Message] = aiter_of(messages)

    async def receive() -> Message:
        return await anext(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(called, receive, send)
    return sent


async def aiter_of(messages: tuple[Message, ...]) -> AsyncIterator[Message]:
    for message in messages:
        yield message
    while True:
        yield {"type": "http.disconnect"}


def header(sent: list[Message], name: bytes) -> bytes | None:
    headers: dict[bytes, bytes] = dict(sent[0]["headers"])
    return headers.get(name)


async def fine(called: Scope, receive: Receive, send: Send) -> None:
    await problem_response(called, ApiError(Code.GONE))(called, receive, send)


async def broken(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("broken")


async def refusing(_: Scope, __: Receive, ___: Send) -> None:
    raise ApiError(Code.QUEUE_FULL)


async def reading(_: Scope, receive: Receive, __: Send) -> None:
    while True:
        if (await receive())["type"] == "http.disconnect":
            raise ClientDisconnect


async def refusing_late(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ApiError(Code.QUEUE_FULL)


async def test_an_app_without_handlers_is_answered_for() -> None:
    sent = await call(protect(broken), scope())
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["code"] == "internal_error"
    assert header(sent, b"x-request-id") is not None


async def test_a_refusal_that_no_handler_took_is_rendered() -> None:
    sent = await call(protect(refusing), scope())
    assert json.loads(sent[1]["body"])["code"] == "queue_full"


async def test_a_refusal_after_the_answer_began_is_a_failure_in_the_log() -> None:
    with capture_logs() as logs:
        sent = await call(protect(refusing_late), scope())
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert [line["event"] for line in logs] == ["request failed", "request"]


async def test_a_client_that_went_is_no_failure() -> None:
    with capture_logs() as logs:
        assert await call(protect(reading), scope()) == []
    (line,) = logs
    assert (line["event"], line["status"], line["log_level"]) == ("request", 499, "info")


@pytest.mark.parametrize(("scheme", "strict"), [("https", b"max-age=31536000"), ("http", None)])
async def test_only_answers_over_tls_ask_for_tls(scheme: str, strict: bytes | None) -> None:
    sent = await call(protect(fine), scope(scheme=scheme))
    assert header(sent, b"strict-transport-security") == strict


async def test_who_expects_to_be_asked_for_the_body_is_refused_without() -> None:
    headers = [(b"expect", b"100-continue"), (b"content-length", b"99999999")]
    sent = await call(protect(fine), scope(headers=headers))
    assert sent[0]["status"] == 413


async def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def socket(called: Scope, _: Receive, __: Send) -> None:
        seen.append(called["type"])

    await call(protect(socket), {"type": "websocket"})
    assert seen == ["websocket"]
