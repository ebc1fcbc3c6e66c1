"""Receivers of webhooks, who verify what they are told and write it down before they answer."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.cli.api import Api
from services.cli.problems import Refusal
from tests.chaos.diary import Diary
from tests.chaos.load import Account
from tests.running import served

__all__ = ["Sink", "listening"]

_ASK_AGAIN = 0.2


@dataclass
class Sink:
    """Of one account. While `holds` is not set, it takes what comes and answers nothing."""

    name: str
    account: Account
    diary: Diary
    secret: str = ""
    over: set[str] = field(default_factory=set)
    holds: asyncio.Event = field(default_factory=asyncio.Event)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.holds.set()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        told = json.loads(body)
        if told["type"] == "webhook.challenge":
            return Response(told["data"]["challenge"])
        Webhook(self.secret).verify(body, dict(request.headers))
        self._note(request.headers["webhook-id"], told, hashlib.sha256(body).hexdigest())
        if not self.holds.is_set():
            self.holding.set()
            await self.holds.wait()
        self.over.add(told["data"]["job"])
        return Response()

    async def register(self, port: int, events_url: str) -> None:
        """Notify hears of the account's key a moment after gateway made it."""
        async with Api.connected(events_url, self.account.key) as api:
            while not self.secret:
                try:
                    made = await api.post("/v1/webhooks", {"url": f"http://127.0.0.1:{port}/"})
                    self.secret = str(made["secret"])
                except (httpx2.HTTPError, Refusal):
                    await asyncio.sleep(_ASK_AGAIN)
        self.diary.note("hook", sink=self.name, account=self.account.id)

    def _note(self, id: str, told: dict[str, dict[str, object]], digest: str) -> None:
        facts = {"type": told["type"], "job": told["data"]["job"], "digest": digest}
        self.diary.note("hooked", sink=self.name, account=self.account.id, id=id, **facts)


@asynccontextmanager
async def listening(sink: Sink, events_url: str) -> AsyncIterator[Sink]:
    app = Starlette(routes=[Route("/", sink.take, methods=["POST"])])
    async with served(app) as port:
        async with asyncio.timeout(60):
            await sink.register(port, events_url)
        yield sink
