"""Webhooks on fakes: a feed in a list, a receiver in memory, a clock that is moved."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr

from services.contracts import EndpointId
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments
from services.notify.core import Notice
from services.notify.core.delivery import Delivery
from services.notify.core.endpoint import Endpoint
from services.notify.deliveries.deliverer import Deliverer
from services.notify.deliveries.fanout import FanOut
from services.notify.deliveries.packing import Packer
from services.notify.deliveries.sender import Answer, Sender
from services.notify.deliveries.signing import new_secret
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS, Deliveries, Endpoints
from services.notify.deliveries.vapid import Vapid, new_key
from services.notify.sealing import Sealer
from tests.unit.notify.browser import Browser
from tests.unit.notify.fakes import ACCOUNT, NOW, ListFeeds, news

__all__ = ["Hooks", "Post", "Receiver", "Says"]

ENDS = ("job.completed", "job.failed")
Says = Callable[["Post"], Answer]


@dataclass(frozen=True)
class Post:
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver(Sender):
    """Answers as told; what it raises is what came of the attempt."""

    says: Says = lambda _: Answer(200, b"")
    got: list[Post] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        post = Post(url, headers, body)
        self.got.append(post)
        if self.hold:
            await self.hold.wait()
        return self.says(post)

    async def close(self) -> None:
        return


class Hooks:
    """One replica; `beside` is another one's, whose database this one shares."""

    clock: ManualClock
    feeds: ListFeeds
    hooks: MemoryDocuments[Endpoint]
    sent: MemoryDocuments[Delivery]
    receiver: Receiver
    vapid: Vapid

    def __init__(self, beside: "Hooks | None" = None) -> None:
        self.clock = beside.clock if beside else ManualClock(NOW)
        self.feeds = beside.feeds if beside else ListFeeds()
        self.hooks = beside.hooks if beside else MemoryDocuments(ENDPOINTS, self.clock, "notify")
        self.sent = beside.sent if beside else MemoryDocuments(DELIVERIES, self.clock, "notify")
        self.endpoints, self.deliveries = Endpoints(self.hooks), Deliveries(self.sent)
        self.receiver = beside.receiver if beside else Receiver()
        self.sealer = Sealer(SecretStr("a pepper of the tests"))
        self.vapid = beside.vapid if beside else Vapid(new_key(self.sealer), self.sealer)
        self.deliverer = Deliverer(
            self.endpoints,
            self.deliveries,
            self.receiver,
            Packer(self.vapid, self.sealer),
            self.clock,
            claim=timedelta(seconds=60),
            announce=self.announce,
            dice=random.Random(1),
        )
        self.fanout = FanOut(
            self.endpoints,
            self.deliveries,
            self.feeds,
            self.clock,
            told=self.deliverer.wake,
        )

    async def endpoint(self, url: str = "https://a.example/h", *types: str) -> Endpoint:
        made = Endpoint.new(
            EndpointId.new(self.clock.now()),
            ACCOUNT,
            url,
            types or ENDS,
            secret=self.sealer.seal(new_secret()),
            now=self.clock.now(),
            cursor=len(self.feeds.rows),
        )
        await self.endpoints.add(made)
        self.fanout.forget(ACCOUNT)
        return made

    async def browser(self, browser: Browser, *types: str) -> Endpoint:
        """Its subscription."""
        made = Endpoint.new(
            EndpointId.of(ACCOUNT, browser.endpoint),
            ACCOUNT,
            browser.endpoint,
            types or ENDS,
            now=self.clock.now(),
            cursor=len(self.feeds.rows),
            push=browser.keys,
        )
        await self.endpoints.add(made)
        self.fanout.forget(ACCOUNT)
        return made

    async def announce(self, notice: Notice) -> bool:
        stored = await self.feeds.append(notice)
        await self.fanout.account(notice.account)
        return stored is not None

    async def happens(self, *types: str) -> None:
        """Events of these types are stored, and the fan-out is told."""
        for kind in types:
            await self.feeds.append(news(kind))
        await self.fanout.account(ACCOUNT)

    async def looks(self, after: timedelta = timedelta(0)) -> None:
        """Moves the clock, and lets what is due be sent to its end."""
        self.clock.move(after)
        await self.deliverer.look()
        await self.deliverer.idle()

    def secret(self, endpoint: Endpoint) -> str:
        """As its account was shown it."""
        return self.sealer.unseal(endpoint.secrets[0].sealed)

    async def log(self, endpoint: Endpoint) -> list[Delivery]:
        return (await self.deliveries.page(endpoint.id, limit=100))[::-1]

    async def seen(self, endpoint: Endpoint) -> Endpoint:
        found = await self.endpoints.get(endpoint.id)
        assert found
        return found
