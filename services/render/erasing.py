"""What render erases of an account, and how it says so."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from services.contracts import AccountId, Event, JobId
from services.contracts.events import AccountErased
from services.kit.clock import Clock
from services.kit.erasures import Erasure
from services.render.core import request_cancel
from services.render.images import Images
from services.render.repository import Lines, Queue

__all__ = ["Erasing", "says"]


class Erasing:
    """Its jobs come to their ends first, in the ordinary way; then what is left of them goes."""

    def __init__(
        self, queue: Queue, lines: Lines, names: Sequence[str], images: Images, clock: Clock
    ) -> None:
        """`names` are those of all lines."""
        self._queue = queue
        self._lines = lines
        self._names = names
        self._images = images
        self._clock = clock

    async def __call__(self, _: Erasure, account: AccountId) -> bool:
        unended = await self._queue.unended_of(account)
        for job in unended:
            await self._cancel(job, account)
        ended = await self._queue.ended_of(account)
        for job in ended:
            await self._images.discard_all(job)
            await self._queue.discard(job)
        await self._lines.forget(self._names, account)
        return not unended and not ended

    async def _cancel(self, job: JobId, account: AccountId) -> None:
        cancel = partial(request_cancel, job=job, account=account, now=self._clock.now())
        await self._queue.decide(job, cancel)


def says(account: AccountId, now: datetime) -> tuple[Event, ...]:
    return (AccountErased(at=now, account=account, service="render"),)
