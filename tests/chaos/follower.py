"""Clients that listen to their account's news, and come back with the last id that they saw."""

import asyncio
import random
from contextlib import suppress

import httpx2

from services.cli.api import Api, Told
from services.cli.problems import Refusal
from tests.chaos.diary import Diary
from tests.chaos.load import Account

__all__ = ["Follower"]

_PAUSE = (0.1, 0.5)
_ENDS = frozenset({"job.completed", "job.rejected", "job.failed", "job.cancelled"})


class Follower:
    """Follows from the feed's beginning until it is cancelled.

    With a `patience` it hangs up after that many seconds, drawn between the two, and comes back.
    """

    def __init__(
        self,
        name: str,
        account: Account,
        events_url: str,
        diary: Diary,
        dice: random.Random,
        *,
        patience: tuple[float, float] | None = None,
    ) -> None:
        self.over: set[str] = set()
        self._patience = patience
        self._name = name
        self.account = account
        self._url = f"{events_url}/v1/events"
        self._diary = diary
        self._dice = dice
        self._last = "0"

    async def follow(self) -> None:
        limits = httpx2.Limits(max_connections=2)
        headers = {"Authorization": f"Bearer {self.account.key}"}
        async with httpx2.AsyncClient(headers=headers, limits=limits, trust_env=False) as http:
            api = Api(http)
            while True:
                with suppress(httpx2.HTTPError, Refusal, TimeoutError):
                    async with asyncio.timeout(self._holds_on()):
                        await self._once(api)
                await asyncio.sleep(self._dice.uniform(*_PAUSE))

    def _holds_on(self) -> float | None:
        return None if self._patience is None else self._dice.uniform(*self._patience)

    async def _once(self, api: Api) -> None:
        async with api.events(self._url, self._last) as events:
            self._note("connected", last=self._last)
            try:
                async for told in events:
                    self._hear(told)
            finally:
                self._note("cut")

    def _hear(self, told: Told) -> None:
        if told.type == "reset":
            self._note("reset", after=told.data["after"])
        if told.id is None:
            return
        self._last = told.id
        self._note("told", id=int(told.id), type=told.type, job=told.data["job"])
        if told.type in _ENDS:
            self.over.add(told.data["job"])

    def _note(self, what: str, **facts: object) -> None:
        self._diary.note(what, follower=self._name, account=self.account.id, **facts)
