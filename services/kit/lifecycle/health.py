"""The health port, on its own thread: `/live`, `/ready`, `/metrics`, `/build`, `/diagnosis`.

Further pages are the service's own.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.kit.build import BuildInfo
from services.kit.component import Readiness
from services.kit.http.server import UvicornServer, listen
from services.kit.lifecycle.liveness import Liveness
from services.kit.lifecycle.reporting import MakeReport
from services.kit.telemetry import Telemetry

__all__ = ["HealthServer", "MakePage", "health_app"]

MakePage = Callable[[], dict[str, Any]]
"""What a further page holds now."""

_STOP_SECONDS = 2.0
_FRESH = {"cache-control": "no-store"}


def health_app(
    service: str,
    build: BuildInfo,
    liveness: Liveness,
    readiness: Readiness,
    telemetry: Telemetry,
    *,
    report: MakeReport,
    pages: Mapping[str, MakePage],
) -> Starlette:
    async def live(_: Request) -> Response:
        reasons = liveness.reasons
        return _state("live", not reasons, reasons)

    async def ready(_: Request) -> Response:
        return _state("ready", readiness.ready, readiness.reasons)

    async def metrics(_: Request) -> Response:
        body, content_type = telemetry.exposition()
        return Response(body, headers={"content-type": content_type})

    async def about(_: Request) -> Response:
        return JSONResponse({"service": service, **build.as_json()})

    async def diagnosis(_: Request) -> Response:
        body = (await report()).model_dump_json()
        return Response(body, media_type="application/json", headers=_FRESH)

    async def page(request: Request) -> Response:
        make = pages.get(request.path_params["name"])
        if make is None:
            return JSONResponse({"code": "not_found"}, status_code=404, headers=_FRESH)
        return JSONResponse(make(), headers=_FRESH)

    routes = [
        Route("/live", live),
        Route("/ready", ready),
        Route("/metrics", metrics),
        Route("/build", about),
        Route("/diagnosis", diagnosis),
        Route("/{name}", page),
    ]
    return Starlette(routes=routes)


def _state(word: str, good: bool, reasons: dict[str, str]) -> Response:
    return JSONResponse(
        {word: good, "reasons": reasons},
        status_code=200 if good else 503,
        headers=_FRESH,
    )


class HealthServer:
    """Serves the health app beside the service's event loop, so that it can tell of a stuck one."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._socket = listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._listening = threading.Event()
        self._server = UvicornServer(app, drain_seconds=1, started=self._listening.set)
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._listening.wait(_STOP_SECONDS)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
