"""A client with an open stream: submits jobs and hears what becomes of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from benchmarks.bench import Bench
from services.cli.api import ENDS, Api
from services.cli.problems import Refusal

__all__ = ["Client", "connected", "crowd", "opened", "percentile"]

_WITHIN = 300.0
_LOOK_SECONDS = 0.1
_LATER = {429, 503}
_WISH = {"prompt": "a red fox", "steps": 20}
_ACCOUNTS = "/v1/operator/accounts"


class Client:
    """`first` and `end` have, by job, when its first event and its end were heard."""

    def __init__(self, api: Api) -> None:
        self.first: dict[str, float] = {}
        self.end: dict[str, float] = {}
        self._api = api
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def submit(self, **wish: Any) -> str:
        """Tried again for as long as the answer is that it makes sense later."""
        while True:
            try:
                job: str = (await self._api.post("/v1/jobs", {**_WISH, **wish}))["id"]
            except Refusal as refusal:
                if refusal.status not in _LATER:
                    raise
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                return job

    async def until_end(self, job: str) -> None:
        """Raises TimeoutError when no end comes."""
        if job in self.end:
            return
        self._waiting[job] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(_WITHIN):
            await self._waiting[job]
        del self._waiting[job]

    async def latency(self, **wish: Any) -> float:
        """Seconds from before the request to the job's first event; returns after its end."""
        began = time.monotonic()
        job = await self.submit(**wish)
        await self.until_end(job)
        return self.first[job] - began

    async def listen(self, url: str, listening: asyncio.Event) -> None:
        """A key is known to notify a moment after it was made: until then it is refused."""
        while not listening.is_set():
            with suppress(Refusal):
                async with self._api.events(url) as events:
                    listening.set()
                    async for told in events:
                        self._heard(told.data)
            await asyncio.sleep(_LOOK_SECONDS)

    def _heard(self, news: Mapping[str, Any]) -> None:
        if (job := news.get("job")) is None:
            return
        self.first.setdefault(job, time.monotonic())
        if news.get("status") in ENDS:
            self.end[job] = time.monotonic()
            if (waiting := self._waiting.get(job)) is not None and not waiting.done():
                waiting.set_result(None)


@asynccontextmanager
async def connected(bench: Bench, key: str) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api.connected(bench.system.url, key))
        client, listening = Client(api), asyncio.Event()
        url = f"{bench.system.events_url}/v1/events"
        hearing = asyncio.create_task(client.listen(url, listening))
        stack.callback(hearing.cancel)
        async with asyncio.timeout(_WITHIN):
            await listening.wait()
        yield client


@asynccontextmanager
async def crowd(bench: Bench, accounts: int) -> AsyncIterator[list[Client]]:
    """Clients of as many new accounts on the plan for those who run the service."""
    async with AsyncExitStack() as stack:
        url, operator = bench.system.url, bench.system.keys.operator
        api = await stack.enter_async_context(Api.connected(url, operator))
        clients = []
        for number in range(accounts):
            key = await opened(api, f"crowd {number}", "operator")
            clients.append(await stack.enter_async_context(connected(bench, key)))
        yield clients


async def opened(api: Api, name: str, plan: str) -> str:
    """The key of a new account."""
    account = await api.post(_ACCOUNTS, {"name": name, "plan": plan})
    made = await api.post(f"{_ACCOUNTS}/{account['id']}/keys", {"name": "bench"})
    return str(made["key"])


def percentile(samples: list[float], share: float) -> float:
    return sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]
