"""Keeps a claim: renews its lease, and hears in the answer what the database knows of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from services.kit.clock import Clock
from services.kit.documents import Change
from services.kit.errors import Unavailable
from services.kit.telemetry import metrics
from services.render.core import Claim, Entry, Running, renew
from services.render.repository import Queue

__all__ = ["Keeper"]

_log = structlog.get_logger("render.worker")

_RENEWALS_PER_LEASE = 3


class Keeper:
    """One attempt's hold on its job.

    `stop` is called when the render should end: the job is cancelled or no longer ours (then
    `lost`). A database that doesn't answer is no reason: whoever takes the job away must write it.
    """

    def __init__(
        self,
        claim: Claim,
        queue: Queue,
        clock: Clock,
        lease: timedelta,
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        self.lost = False
        self._claim = claim
        self._queue = queue
        self._clock = clock
        self._lease = lease
        self._stop = stop
        self._settled = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        while not (self._settled or self.lost):
            await self._clock.sleep(self._lease.total_seconds() / _RENEWALS_PER_LEASE)
            try:
                await self._renew()
            except Unavailable as error:
                _log.warning("lease_not_renewed", job=self._claim.job, reason=error.detail)

    async def settle(
        self, decision: Callable[[Entry | None], Change[Entry] | None]
    ) -> Change[Entry] | None:
        """The last word on the attempt; none where the fence refused it. Raises Unavailable."""
        async with self._turn:
            change = await self._queue.decide(self._claim.job, decision)
            self._settled = True
            return change

    async def _renew(self) -> None:
        async with self._turn:
            if self._settled:
                return
            change = await self._queue.decide(
                self._claim.job,
                lambda entry: renew(entry, self._claim, self._clock.now(), self._lease),
            )
        match change:
            case None:
                await self._lose()
            case Change(state=Running(cancel_requested=True)):
                await self._stop()
            case _:
                pass

    async def _lose(self) -> None:
        self.lost = True
        metrics.LEASES_LOST.add(1, lease="job")
        _log.warning("lease_lost", job=self._claim.job, attempt=self._claim.attempt)
        await self._stop()
