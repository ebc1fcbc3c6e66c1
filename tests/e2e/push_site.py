"""The page of docs/push.md on a server of its own, and a push service that keeps what it gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.running import served

__all__ = ["PushSite", "serving"]


@dataclass(frozen=True)
class Push:
    headers: dict[str, str]
    body: bytes


@dataclass
class PushSite:
    """`notify` has the key of the page's owner: a page is given none."""

    notify: httpx2.AsyncClient
    page: str
    worker: str
    got: list[Push] = field(default_factory=list)
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/pushed/1"

    async def show(self, _: Request) -> Response:
        return HTMLResponse(self.page)

    async def script(self, _: Request) -> Response:
        return Response(self.worker, media_type="text/javascript")

    async def pass_on(self, request: Request) -> Response:
        answer = await self.notify.request(
            request.method,
            f"/v1{request.url.path}",
            content=await request.body(),
            headers={"content-type": "application/json"},
        )
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def take(self, request: Request) -> Response:
        self.got.append(Push(dict(request.headers), await request.body()))
        return Response(status_code=201)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.show),
                Route("/sw.js", self.script),
                Route("/push-key", self.pass_on),
                Route("/push-subscriptions", self.pass_on, methods=["POST"]),
                Route("/pushed/1", self.take, methods=["POST"]),
            ]
        )


@asynccontextmanager
async def serving(site: PushSite) -> AsyncIterator[PushSite]:
    async with served(site.app()) as port:
        site.port = port
        yield site
