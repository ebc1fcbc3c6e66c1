"""Bodies within bounds: size, time and encoding, watched while they stream."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit.http.codes import Code
from services.kit.http.problems import ApiError, Respond, problem_response

__all__ = ["BodyGuard", "Limits"]

_LINGER_SECONDS = 1.0
_CLOSE = {"Connection": "close"}


@dataclass(frozen=True)
class Limits:
    """How much of a body, and how long to wait for the whole of it once reading has begun."""

    body_bytes: int = 1024 * 1024
    body_seconds: float = 30.0


class BodyGuard:
    """Refuses a body at its first byte too many, whatever its headers promised.

    The app that reads the body gets an ApiError from `receive`; what it keeps in memory never
    passes the limit. `limits` may look at the request (an upload may be larger than a prompt).
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Callable[[Scope], Limits] = lambda _: Limits(),
        respond: Respond = problem_response,
    ) -> None:
        self._app = app
        self._limits = limits
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._limits(scope))
        answer = _Answer(send)
        try:
            _check_headers(Headers(scope=scope), body.limits)
            await self._app(scope, body.receive, answer.send)
        except ApiError as error:
            if answer.started:
                raise
            if "expect" not in Headers(scope=scope):
                await body.discard()
            await self._respond(scope, error)(scope, receive, send)


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = True
        await self._send(message)


class _Body:
    def __init__(self, receive: Receive, limits: Limits) -> None:
        self.limits = limits
        self._receive = receive
        self._seen = 0
        self._complete = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self.limits.body_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._next()
        except TimeoutError as error:
            raise ApiError(Code.BODY_TIMEOUT, headers=_CLOSE) from error
        if self._seen > self.limits.body_bytes:
            await self.discard()
            raise _too_large(self.limits)
        return message

    async def discard(self) -> None:
        """Reads on for a moment, keeping nothing: who still writes may not read our refusal."""
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while not self._complete:
                    await self._next()
        except TimeoutError:
            pass

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        return message


def _check_headers(headers: Headers, limits: Limits) -> None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise ApiError(Code.UNSUPPORTED_CONTENT_ENCODING, headers=_CLOSE)
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) > limits.body_bytes:
        raise _too_large(limits)


def _too_large(limits: Limits) -> ApiError:
    detail = f"At most {limits.body_bytes} bytes are taken here."
    return ApiError(Code.BODY_TOO_LARGE, detail, headers=_CLOSE)
