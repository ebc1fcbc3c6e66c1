"""An ASGI app on a port, as a component of its service."""

import asyncio
import math
import socket
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit.component import Readiness

__all__ = ["HttpServer", "UvicornServer", "listen"]

_LARGEST_MESSAGE = 4096  # of a WebSocket; ours to send are larger, but come from us
_KEEP_ALIVE_SECONDS = 75  # longer than the balancers before us keep theirs


class UvicornServer(uvicorn.Server):
    """Uvicorn without its signal handlers (the service has its own), telling when it listens."""

    def __init__(self, app: ASGIApp, *, drain_seconds: float, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                ws_max_size=_LARGEST_MESSAGE,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=math.ceil(drain_seconds),
            )
        )
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class HttpServer:
    """Serves until stopped, then lets open requests end within `drain_seconds`.

    For `linger_seconds` after the stop it is not ready, takes requests all the same, and closes
    each connection behind its answer: by then whoever balances has heard, and nobody is cut off.

    A streaming response sees its client go (`http.disconnect`) when the drain begins. Port 0 takes
    a free one; `port` is the real one once `started` is set.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        readiness: Readiness,
        *,
        name: str = "http",
        drain_seconds: float = 10.0,
        linger_seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.port = port
        self.started = asyncio.Event()
        self._app = _Leaving(app)
        self._host = host
        self._readiness = readiness
        self._drain_seconds = drain_seconds
        self._linger_seconds = linger_seconds
        readiness.block(name, "starting")

    async def run(self, stop: asyncio.Event) -> None:
        with closing(listen(self._host, self.port)) as bound:
            self.port = bound.getsockname()[1]
            server = UvicornServer(
                self._app, drain_seconds=self._drain_seconds, started=self._started
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(server.serve(sockets=[bound]))
                await stop.wait()
                self._readiness.block(self.name, "stopping")
                self._app.leaves = True
                await asyncio.sleep(self._linger_seconds)
                server.should_exit = True

    def _started(self) -> None:
        self._readiness.clear(self.name)
        self.started.set()


class _Leaving:
    """The app; once it `leaves`, each answer asks for the end of its connection (RFC 9112, 9.6)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.leaves = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, partial(self._send, send))

    async def _send(self, send: Send, message: Message) -> None:
        if self.leaves and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        await send(message)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError that names the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(error.errno, f"can't listen on {host}:{port}: {error.strerror}") from error
