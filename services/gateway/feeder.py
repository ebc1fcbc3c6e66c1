"""Hands the prompts of batches out as jobs, as their accounts' limits allow."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from services.contracts import JobId
from services.contracts.events import AccountStatus, LimitsChanged
from services.gateway.batches import Batches
from services.gateway.core.account import Caller
from services.gateway.core.batch import (
    Batch,
    handed_out,
    next_items,
    refused,
    settled,
    spec_of_item,
)
from services.gateway.core.batch import cancelled as with_cancel
from services.gateway.core.idempotency import body_digest
from services.gateway.core.job import AlreadyEnded, Job
from services.gateway.desk import Desk, Order
from services.gateway.moderating import verdict_on
from services.gateway.repository import Accounts
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.moderation import Moderator
from services.kit.pause import pause

__all__ = ["Feeder"]

log = structlog.get_logger(__name__)

_EVERY = 1.0
_CLAIM = timedelta(seconds=15)
_MOST_OPEN = 16
_MARK = "\u00a7"
"""No key of a client's begins with it: those are ASCII."""


@dataclass(frozen=True)
class _Handed:
    """What became of some prompts: their jobs, or why there may be none."""

    jobs: dict[int, JobId]
    refusals: dict[int, str]


class Feeder:
    """Looks each second, on every replica; who claims a batch sees to it.

    What two do at once, or one does twice after a crash, is done once: a prompt's job has an
    idempotency key of the batch's.
    """

    name = "batches"

    def __init__(
        self,
        batches: Batches,
        accounts: Accounts,
        desk: Desk,
        moderator: Moderator,
        clock: Clock,
        *,
        limits: Callable[[str], LimitsChanged | None],
    ) -> None:
        """`limits` are quota's last words, by plan and pool."""
        self._batches = batches
        self._accounts = accounts
        self._desk = desk
        self._moderator = moderator
        self._clock = clock
        self._limits = limits

    async def run(self, stop: asyncio.Event) -> None:
        while not await pause(self._clock, _EVERY, stop):
            try:
                await self.look()
            except Unavailable as error:
                log.warning("batches_put_off", part=error.part)

    async def look(self) -> None:
        """One look at all that is due. Raises Unavailable."""
        for batch in await self._batches.due(self._clock.now()):
            if claimed := await self._claimed(batch):
                await self._feed(claimed)

    async def _claimed(self, batch: Batch) -> Batch | None:
        """None where another replica has it. Should this one die, it is due again soon."""
        until, won = self._clock.now() + _CLAIM, False

        def claim(known: Batch) -> Batch:
            nonlocal won
            won = known.due_at == batch.due_at
            return replace(known, due_at=until) if won else known

        claimed = await self._batches.change(batch.id, claim)
        return claimed if won else None

    async def _feed(self, batch: Batch) -> None:
        caller = await self._caller(batch)
        jobs = await self._desk.known(batch.open_jobs)
        ready = settled(batch, jobs, self._clock.now())
        if caller is None:
            ready, handed = with_cancel(ready, self._clock.now()), _Handed({}, {})
        else:
            handed = await self._hand_out(caller, ready, self._at_once(caller, ready))
        if ready.cancel_requested_at:
            await self._cancel(jobs)
        await self._save(ready, jobs, handed)

    async def _caller(self, batch: Batch) -> Caller | None:
        """As whom its jobs are asked for; nobody once its key is revoked or its account stands."""
        account = await self._accounts.get(batch.account)
        key = account.key(batch.key) if account else None
        if account is None or key is None or key.revoked_at is not None:
            return None
        if account.status is not AccountStatus.ACTIVE:
            return None
        return Caller(account.id, account.plan, account.version, key.id, key.scopes)

    def _at_once(self, caller: Caller, batch: Batch) -> int:
        """Most of what the plan allows: a seat is left for whoever draws meanwhile."""
        told = self._limits(f"{caller.plan}/{batch.spec.pool}")
        return min(_MOST_OPEN, max(1, told.concurrency - 1)) if told else 1

    async def _hand_out(self, caller: Caller, batch: Batch, at_once: int) -> _Handed:
        """As far as it goes: what is away stops it until the next look."""
        handed = _Handed({}, {})
        try:
            for index in next_items(batch, at_once, self._clock.now()):
                await self._hand(caller, batch, index, handed)
        except Unavailable as error:
            log.warning("batch_put_off", batch=str(batch.id), part=error.part)
        return handed

    async def _hand(self, caller: Caller, batch: Batch, index: int, into: _Handed) -> None:
        order = _order(caller, batch, index)
        verdict = await verdict_on(self._moderator, order.spec.prompt)
        if verdict.refused:
            named = ", ".join(verdict.categories)
            into.refusals[index] = f"The content policy refuses this: {named}."
            return
        into.jobs[index] = (await self._desk.take(order)).job.id

    async def _cancel(self, jobs: dict[JobId, Job]) -> None:
        for job in jobs.values():
            try:
                await self._desk.cancel(job.account, job.id)
            except AlreadyEnded:
                continue

    async def _save(self, seen: Batch, jobs: dict[JobId, Job], handed: _Handed) -> None:
        def merge(known: Batch) -> Batch:
            if seen.cancel_requested_at:
                known = with_cancel(known, seen.cancel_requested_at)
            known = refused(handed_out(known, handed.jobs), handed.refusals)
            gone = set(seen.open_jobs) - set(jobs) - set(handed.jobs.values())
            return settled(known, jobs, self._clock.now(), gone)

        batch = await self._batches.change(seen.id, merge)
        if batch and batch.ended_at:
            log.info("batch_ended", batch=str(batch.id), **dict(batch.counts))


def _order(caller: Caller, batch: Batch, index: int) -> Order:
    return Order(
        caller=caller,
        spec=spec_of_item(batch, index),
        units=batch.units,
        digest=body_digest("/v1/batches", {"batch": batch.id, "index": index}),
        idempotency_key=f"{_MARK}{batch.id}/{index}/{batch.items[index].tries}",
        allow_deferred=batch.allow_deferred,
        allow_degraded=batch.allow_degraded,
        lighter=batch.lighter,
        start_by=batch.give_up_at,
    )
