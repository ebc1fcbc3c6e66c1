"""An app with one of everything, on a real port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Scope

from services.kit.component import Readiness
from services.kit.http import HttpServer, Limits, protect
from services.kit.http.api import install_api
from services.kit.telemetry import current_traceparent, span

LIMIT = 1000
TIMEOUT = 0.3


class Draw(BaseModel):
    prompt: str


@dataclass
class Signals:
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    proceed: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Served:
    client: httpx2.AsyncClient
    port: int
    signals: Signals


def limits(scope: Scope) -> Limits:
    return Limits(LIMIT * 10 if scope["path"] == "/uploads" else LIMIT, TIMEOUT)


def build(signals: Signals) -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/v1")

    @router.get("/jobs/{id}")
    async def job(id: str, limit: int = 1) -> dict[str, object]:
        with span("load"):
            return {"id": id, "limit": limit, "traceparent": current_traceparent()}

    @router.post("/jobs")
    async def submit(body: Draw) -> Draw:
        return body

    @app.post("/uploads")
    async def upload(request: Request) -> int:
        return len(await request.body())

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("hunter2 is broken")

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError("torn")

        return StreamingResponse(body())

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            try:
                yield b"data: 1\n\n"
                await signals.proceed.wait()
                yield b"data: 2\n\n"
                await asyncio.Event().wait()
            finally:
                signals.gone.set()

        return StreamingResponse(body(), media_type="text/event-stream")

    app.include_router(router)
    install_api(app)
    return app


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    readiness, signals = Readiness(), Signals()
    app = protect(build(signals), limits=limits)
    server = HttpServer(app, "127.0.0.1", 0, readiness, drain_seconds=1)
    running = asyncio.create_task(server.run(signals.stop))
    async with asyncio.timeout(10):
        await server.started.wait()
    assert readiness.ready
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        yield Served(client, server.port, signals)
    signals.stop.set()
    async with asyncio.timeout(10):
        await running
    assert readiness.reasons == {"http": "stopping"}
