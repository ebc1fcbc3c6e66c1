"""A crowd of real clients: open loop, each with an account of its own and a manner of its own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import httpx2
import numpy as np

from benchmarks.storm.people import Manner
from benchmarks.storm.run import POLITE_TRIES, TRIES

__all__ = ["Attempt", "Crowd", "Member"]

_WITHIN = httpx2.Timeout(60.0, connect=10.0)
_GRACE = 0.01
"""Clocks of clients are not the server's; a refusal names milliseconds."""
_WAIT = {"Prefer": "wait=1"}


@dataclass(frozen=True)
class Member:
    """An account's key, and what it does after a refusal."""

    number: int
    key: str
    manner: Manner
    paid: bool = False


@dataclass
class Attempt:
    """One request. Times are seconds since the storm began; `due` is when it was meant to come.

    `used`: what a refusal said of the account; `told`: what it had said when it named this moment.
    """

    who: int
    paid: bool
    due: float
    tries: int
    answered: float = 0.0
    told: int | None = None
    used: int | None = None
    deferred: bool = False
    job: str | None = None
    rule: str | None = None
    retry_at: datetime | None = None
    failed: str | None = None


@dataclass
class Crowd:
    """`pace` divides every time. `wish` is the body of each request; nobody comes after `until`."""

    url: str
    wish: dict[str, object]
    pace: float
    dice: np.random.Generator
    until: float
    attempts: list[Attempt] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _began: float = 0.0

    async def __aenter__(self) -> Self:
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=100)
        self._http = httpx2.AsyncClient(
            base_url=self.url, timeout=_WITHIN, limits=limits, trust_env=False
        )
        self._began = time.monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._http.aclose()

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    def ask(self, member: Member, due: float, tries: int = 0, *, told: int | None = None) -> None:
        """Now; whatever becomes of it is noted in the background."""
        task = asyncio.create_task(self._see_through(member, due, tries, told=told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until_quiet(self, within: float) -> None:
        """Nobody is asking or about to ask again, or the time is over."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=within)

    async def started(self, members: Sequence[Member]) -> dict[str, float]:
        """When each job that was let in began to be drawn, in seconds of the storm."""
        keys = {member.number: member.key for member in members}
        found: dict[str, float] = {}
        offset = time.time() - time.monotonic() + self._began
        for attempt in self.attempts:
            if attempt.job is None:
                continue
            answer = await self._http.get(
                f"/v1/jobs/{attempt.job}", headers=_auth(keys[attempt.who])
            )
            began = answer.json().get("started_at")
            if began:
                found[attempt.job] = datetime.fromisoformat(began).timestamp() - offset
        return found

    async def _see_through(
        self, member: Member, due: float, tries: int, *, told: int | None
    ) -> None:
        attempt = Attempt(member.number, member.paid, due, tries, told=told)
        self.attempts.append(attempt)
        await self._request(member, attempt)
        attempt.answered = self.now
        if attempt.job is not None or member.paid:
            return
        if member.manner is Manner.POLITE:
            await self._come_back(member, attempt)
            return
        most, mean = TRIES.get(member.manner, (0, 0.0))
        if tries < most:
            later = float(self.dice.exponential(mean)) / self.pace
            await asyncio.sleep(later)
            self.ask(member, self.now, tries + 1)

    async def _come_back(self, member: Member, attempt: Attempt) -> None:
        """At the moment that the refusal named, if that is within the storm."""
        if attempt.retry_at is None or attempt.tries >= POLITE_TRIES:
            return
        wait = max(0.0, attempt.retry_at.timestamp() - time.time()) + _GRACE
        if self.now + wait > self.until:
            return
        await asyncio.sleep(wait)
        self.ask(member, self.now, attempt.tries + 1, told=attempt.used)

    async def _request(self, member: Member, attempt: Attempt) -> None:
        try:
            answer = await self._http.post(
                "/v1/jobs",
                json={**self.wish, "allow_deferred": member.manner is Manner.WAITS},
                headers={**_auth(member.key), **_WAIT},
            )
        except httpx2.HTTPError as error:
            attempt.failed = type(error).__name__
            return
        told = answer.json()
        if answer.is_success:
            attempt.job = told["id"]
            queue = told.get("queue") or {}
            attempt.deferred = "deferred" in (told["status"], queue.get("lane"))
        elif "rule" in told:
            attempt.rule, attempt.used = told["rule"], told["used"]
            if told.get("retry_at"):
                attempt.retry_at = datetime.fromisoformat(told["retry_at"])
        else:
            attempt.failed = f"{answer.status_code} {told.get('code')}"


def _auth(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
