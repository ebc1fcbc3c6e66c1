"""What gateway erases of an account, and when the others are done too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.contracts import AccountId, Event, uploads_of
from services.contracts.events import AccountForgotten
from services.gateway.acts import Acts
from services.gateway.batches import Batches
from services.gateway.core.account import erased
from services.gateway.core.job import Job, cancelling
from services.gateway.forgetting import forget, remove_all
from services.gateway.repository import Accounts, Jobs
from services.gateway.sweeps import PictureStore
from services.gateway.turned_away import TurnedAways
from services.kit.clock import Clock
from services.kit.erasures import Erasure

__all__ = ["OTHERS", "Erasing", "Holdings", "says"]

OTHERS = ("notify", "quota", "render")
"""The services that say when they are done."""

_PAGE = 100


@dataclass(frozen=True)
class Holdings:
    """Where gateway has what is an account's."""

    accounts: Accounts
    jobs: Jobs
    batches: Batches
    acts: Acts
    turned_away: TurnedAways
    pictures: PictureStore


class Erasing:
    """Keys stop, open jobs are cancelled, ended ones go with their pictures, photos, the account.

    For `quiet` after the beginning a replica that remembers a key may still take in a job.
    """

    def __init__(
        self,
        holdings: Holdings,
        clock: Clock,
        *,
        quiet: timedelta,
        forget: Callable[[AccountId], None],
    ) -> None:
        """`forget` drops what this replica remembers of an account's keys."""
        self._accounts = holdings.accounts
        self._jobs = holdings.jobs
        self._batches = holdings.batches
        self._acts = holdings.acts
        self._turned_away = holdings.turned_away
        self._pictures = holdings.pictures
        self._clock = clock
        self._quiet = quiet
        self._forget = forget

    async def __call__(self, erasure: Erasure, account: AccountId) -> bool:
        await self._accounts.change(account, erased)
        self._forget(account)
        await self._drop_batches(account)
        left = not await self._turned_away.erase(account)
        left = await self._jobs_left(account) or left
        await remove_all(self._pictures, uploads_of(account))
        noisy = self._clock.now() < erasure.begun_at + self._quiet
        if left or noisy or erasure.awaits:
            return False
        gone = await self._accounts.discard(account)
        await self._acts.erase(account)  # once nothing of it waits in the outbox
        return gone

    async def _drop_batches(self, account: AccountId) -> None:
        """They publish nothing, and hand nothing out for an account that is erased."""
        while page := await self._batches.page(account, limit=_PAGE):
            for batch in page:
                await self._batches.discard(batch.id)

    async def _jobs_left(self, account: AccountId) -> bool:
        left, before = False, None
        while page := await self._jobs.page(account, before=before, limit=_PAGE):
            for job in page:
                left = not await self._remove(job) or left
            before = page[-1].id
        return left

    async def _remove(self, job: Job) -> bool:
        """False while it has no end, or something to publish."""
        if not job.status.is_end:
            await self._jobs.change(job.id, partial(cancelling, now=self._clock.now()))
            return False
        return await forget(job.id, self._jobs, self._pictures)


def says(account: AccountId, now: datetime) -> tuple[Event, ...]:
    """What the topic `accounts` holds of it goes."""
    return (AccountForgotten(at=now, account=account),)
