"""Clients with dice: they ask at a pace of their own, and try again as clients should.

Open loop: the next request comes when it is due, not when the one before was answered.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2

from services.contracts import JobStatus
from tests.chaos.diary import Diary
from tests.waiting import eventually

__all__ = ["Account", "Client", "Wish", "connected", "ended"]

_TIMEOUT = httpx2.Timeout(5.0, connect=2.0)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_TRIES_FOR = 120.0
_PAGE = 100
_LOOK_EVERY = 0.5
_DRAWN_WITHIN = 60.0

_TRY_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Account:
    id: str
    key: str
    url: str


@dataclass(frozen=True)
class Wish:
    """What is asked for: `steps` of each render, and the share of jobs that are cancelled again."""

    steps: tuple[int, ...] = (1, 2, 4)
    cancelled: float = 0.1


@dataclass
class Client:
    """One account's client. Each of its jobs has an idempotency key and a prompt of its own."""

    account: Account
    diary: Diary
    http: httpx2.AsyncClient
    name: str
    dice: random.Random
    wish: Wish = field(default_factory=Wish)
    jobs: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    _numbers: Callable[[], int] = field(default_factory=lambda: count().__next__)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def ask(self, steps: int | None = None) -> None:
        """Begins to ask for one more job, and goes on trying in the background."""
        number = self._numbers()
        once = f"{self.name}-{number}"
        wanted = {"prompt": once, "steps": steps or self.dice.choice(self.wish.steps)}
        cancels = self.dice.random() < self.wish.cancelled
        after = self.dice.uniform(0, 0.5)
        self.asked += 1
        task = asyncio.create_task(self._see_through(once, wanted, after if cancels else None))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def keep_asking(self, rate: float, most: int, later: float) -> None:
        """Until cancelled: at `rate` a second on average, and after `most` jobs at `later`."""
        due = time.monotonic()
        for number in count():
            due += self.dice.expovariate(rate if number < most else later)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.ask()

    async def until_answered(self) -> None:
        """Every request has its answer, or was given up."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        for task in self._under_way:
            task.result()

    async def until_drawn(self, share: float) -> None:
        """The newest job is that far through its steps, as far as its client is told."""
        newest = next(reversed(self.jobs.values()))

        async def is_drawn() -> bool:
            progress = (await self.http.get(f"/v1/jobs/{newest}")).json()["progress"]
            return progress is not None and progress["step"] >= share * progress["steps"]

        await eventually(is_drawn, within=_DRAWN_WITHIN, every=0.02)

    async def leave(self) -> None:
        """Whatever is under way is let go."""
        await ended(*self._under_way)

    async def until_over(self, within: float) -> None:
        """Every job that was accepted has ended, as its client sees it. Raises TimeoutError."""
        await self.until_answered()
        wanted = set(self.jobs.values())
        over: dict[str, str] = {}
        async with asyncio.timeout(within):
            while wanted - over.keys():
                over = {job: status for job, status in await self._statuses() if _is_end(status)}
                await asyncio.sleep(_LOOK_EVERY if wanted - over.keys() else 0)
        for job, status in over.items():
            self.diary.note("seen", account=self.account.id, job=job, status=status)

    async def _see_through(self, once: str, wanted: dict[str, Any], cancel: float | None) -> None:
        job = await self._submit(once, wanted)
        if job is None:
            return
        self.jobs[once] = job
        if cancel is not None:
            await asyncio.sleep(cancel)
            await self._cancel(job)

    async def _submit(self, once: str, wanted: dict[str, Any]) -> str | None:
        ends = time.monotonic() + _TRIES_FOR
        known = {"account": self.account.id, "once": once}
        for attempt in count(1):
            self.diary.note("ask", **known, attempt=attempt)
            wait = self.dice.uniform(0.5, 1.0) * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            try:
                answer = await self.http.post(
                    "/v1/jobs", json=wanted, headers={"Idempotency-Key": once}
                )
            except httpx2.HTTPError as error:
                self.diary.note("broken", **known, error=type(error).__name__)
            else:
                if answer.is_success:
                    return self._accepted(known, answer)
                self.diary.note("refused", **known, status=answer.status_code)
                if answer.status_code not in _TRY_AGAIN:
                    return None
                wait = max(wait, min(_LONGEST_PAUSE, float(answer.headers.get("retry-after", 0))))
            if time.monotonic() + wait > ends:
                self.diary.note("gave_up", **known)
                return None
            await asyncio.sleep(wait)
        return None

    def _accepted(self, known: dict[str, str], answer: httpx2.Response) -> str:
        job = str(answer.json()["id"])
        replayed = answer.headers.get("idempotent-replayed") == "true"
        self.diary.note("answer", **known, status=answer.status_code, job=job, replayed=replayed)
        return job

    async def _cancel(self, job: str) -> None:
        """One try: a wish that may come too late anyway."""
        try:
            answer = await self.http.post(f"/v1/jobs/{job}/cancel")
        except httpx2.HTTPError:
            return
        self.diary.note("cancel", account=self.account.id, job=job, status=answer.status_code)

    async def _statuses(self) -> list[tuple[str, str]]:
        """Of all jobs of the account; none where the API does not answer."""
        found: list[tuple[str, str]] = []
        cursor: dict[str, str] = {}
        while True:
            try:
                answer = await self.http.get("/v1/jobs", params={"limit": _PAGE, **cursor})
            except httpx2.HTTPError:
                return []
            if not answer.is_success:
                return []
            page = answer.json()
            found += [(job["id"], job["status"]) for job in page["data"]]
            if not page["has_more"]:
                return found
            cursor = {"cursor": page["next_cursor"]}


async def ended(*tasks: asyncio.Task[None]) -> None:
    """Cancels them, and returns once they are done."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


@asynccontextmanager
async def connected(account: Account) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {account.key}"}
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=50)
    async with httpx2.AsyncClient(
        base_url=account.url, headers=headers, timeout=_TIMEOUT, limits=limits, trust_env=False
    ) as http:
        yield http


def _is_end(status: str) -> bool:
    return JobStatus(status).is_end
