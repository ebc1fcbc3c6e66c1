"""Each request with its id, its span, its line in the log, its figures, and never a bare error."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit.http.codes import Code
from services.kit.http.problems import ApiError, Respond, problem_response
from services.kit.telemetry import Span, SpanKind, metrics, span

__all__ = ["SECURITY_HEADERS", "RequestWatch"]

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On each answer that does not say otherwise itself."""

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE = 499  # nginx's word in logs for a client that did not wait; never sent
_SERVER_ERROR = 500


class RequestWatch:
    """The outermost middleware: what happens within is told, and what goes wrong is answered.

    It adds nothing between the app and its client: a stream flows as it is written.
    """

    def __init__(self, app: ASGIApp, respond: Respond = problem_response) -> None:
        self._app = app
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        watched = _Watched(scope, send, _request_id(headers))
        parent = headers.get("traceparent")
        with (
            structlog.contextvars.bound_contextvars(request_id=watched.id),
            span(watched.method, parent=parent, kind=SpanKind.SERVER) as current,
        ):
            try:
                await self._run(scope, receive, watched)
            finally:
                watched.tell(current)

    async def _run(self, scope: Scope, receive: Receive, watched: "_Watched") -> None:
        try:
            await self._app(scope, receive, watched.send)
        except ClientDisconnect:
            watched.status = watched.status or _CLIENT_GONE
        except asyncio.CancelledError:
            if watched.status:
                raise
            # The drain is over before the answer is there: its client shall ask another replica.
            leaving = ApiError(
                Code.UNAVAILABLE, "This replica is leaving: ask again.", retry_after=1
            )
            await self._respond(scope, leaving)(scope, receive, watched.send)
        except Exception:  # noqa: BLE001 - the last stop before the server: it is told and answered
            structlog.get_logger().exception("request failed", route=watched.route)
            watched.failed = True
            if not watched.status:
                answer = self._respond(scope, ApiError(Code.INTERNAL_ERROR))
                await answer(scope, receive, watched.send)


class _Watched:
    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.id = request_id
        self.method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.status = 0
        self.failed = False
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()
        self._bytes = 0
        scope.setdefault("state", {})["request_id"] = request_id
        metrics.HTTP_OPEN.add(1, method=self.method)

    @property
    def route(self) -> str:
        """The route's pattern: a path itself holds ids, and sometimes a signature."""
        return str(getattr(self._scope.get("route"), "path", "none"))

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(MutableHeaders(scope=message))
        self._bytes += len(message.get("body", b""))
        await self._send(message)

    def tell(self, current: Span) -> None:
        seconds = time.perf_counter() - self._began
        status = self.status or _CLIENT_GONE
        metrics.HTTP_OPEN.add(-1, method=self.method)
        metrics.HTTP_SECONDS.record(seconds, method=self.method, route=self.route, status=status)
        current.update_name(f"{self.method} {self.route}")
        current.set_attributes(
            {
                "http.request.method": self.method,
                "http.route": self.route,
                "http.response.status_code": status,
            }
        )
        log = structlog.get_logger()
        write = log.warning if status >= _SERVER_ERROR or self.failed else log.info
        write(
            "request",
            method=self.method,
            route=self.route,
            status=status,
            seconds=round(seconds, 4),
            bytes=self._bytes,
        )

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self.id
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        if self._scope.get("scheme") == "https":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
