"""The leak sweep: grants whose end will not come any more are given back, loudly.

Quota hears of ends on the stream `renders` alone and reads no other database. So a grant may be
written off only when its job's end is known to be lost: the job is older than any job gets, and
everything that was on the stream when that was noticed has been handled since. What is lost then
was never published, outlived the topic's retention unread, or lies among the dead letters, from
where it settles the grant if it is replayed before `leak_after`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from services.contracts import AccountId
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.quota import reports
from services.quota.core import write_off
from services.quota.repository import Accounts

__all__ = ["Leader", "LeakSweep", "Place", "Places"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Place:
    """How far quota has handled one partition of `renders`, and where that ends."""

    handled: int
    end: int


Places = Callable[[], Awaitable[Mapping[int, Place]]]
"""By partition, as far as quota has ever handled any of it. Raises Unavailable."""


class Leader(Protocol):
    async def hold(self) -> object | None:
        """None while another replica sweeps. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class _Mark:
    at: datetime
    ends: Mapping[int, int]

    def is_passed(self, places: Mapping[int, Place]) -> bool:
        """Never where no partition was known: quota may not have begun to read."""
        return bool(self.ends) and all(
            partition in places and places[partition].handled >= end
            for partition, end in self.ends.items()
        )


class LeakSweep:
    """Looks every `every` seconds, on one replica; two at once would only do the same twice."""

    name = "leak-sweep"

    def __init__(
        self,
        accounts: Accounts,
        places: Places,
        leader: Leader,
        clock: Clock,
        *,
        leak_after: timedelta,
        every: float,
    ) -> None:
        self._accounts = accounts
        self._places = places
        self._leader = leader
        self._clock = clock
        self._leak_after = leak_after
        self._every = every
        self._mark: _Mark | None = None

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look()
            except Unavailable as error:
                log.warning("sweep_put_off", part=error.part)
            await pause(self._clock, self._every, stop)

    async def look(self) -> int:
        """One look; answers how many grants it gave back. Raises Unavailable."""
        if await self._leader.hold() is None:
            self._mark = None
            return 0
        places = await self._places()
        swept = 0
        if self._mark and self._mark.is_passed(places):
            swept = await self._sweep(self._mark.at - self._leak_after)
            self._mark = None
        if self._mark is None or not self._mark.ends:
            ends = {partition: place.end for partition, place in places.items()}
            self._mark = _Mark(self._clock.now(), ends)
        return swept

    async def _sweep(self, granted_before: datetime) -> int:
        swept = 0
        while accounts := await self._accounts.with_grants_before(granted_before):
            for account in accounts:
                swept += await self._write_off(account, granted_before)
        return swept

    async def _write_off(self, account: AccountId, granted_before: datetime) -> int:
        count = 0
        while True:
            decide = partial(write_off, granted_before=granted_before, now=self._clock.now())
            outcome = await self._accounts.decide(account, decide)
            if outcome.change is None:
                return count
            reports.leaked(outcome)
            count += 1
