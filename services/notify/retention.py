"""Old notifications go; how far each feed had come is kept, so that no sequence goes back."""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from services.kit.clock import Clock
from services.kit.documents import Change, Condition, Documents, Rows
from services.kit.erasures import Erasures
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.notify.repository import FeedRow, Head

__all__ = ["Retention"]

log = structlog.get_logger(__name__)

_BATCH = 1000


class Retention:
    """Deletes what has expired, every `every` seconds. Harmless on many replicas at once."""

    name = "retention"

    def __init__(
        self,
        rows: Rows[FeedRow],
        heads: Documents[Head],
        erasures: Erasures,
        clock: Clock,
        *,
        every: float = 600.0,
    ) -> None:
        self._rows = rows
        self._heads = heads
        self._erasures = erasures
        self._clock = clock
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.sweep()
            except Unavailable as error:
                log.warning("retention_waits", reason=str(error))
            await pause(self._clock, self._every, stop)

    async def sweep(self) -> int:
        """How many notifications are gone."""
        expired: Sequence[Condition] = [("expires_at", "<=", self._clock.now())]
        gone = 0
        while found := await self._rows.find(expired, order=["expires_at"], limit=_BATCH):
            for account in {row.account for row in found}:
                last = max(row.sequence for row in found if row.account == account)
                await self._heads.change(account, partial(_ahead, last))
                await self._erasures.meets(account)
                gone += await self._rows.delete(
                    [("account", "==", account), ("sequence", "<=", last), *expired]
                )
        if gone:
            log.info("notifications_expired", count=gone)
        return gone


def _ahead(sequence: int, head: Head | None) -> Change[Head] | None:
    return Change(Head(sequence)) if head is None or head.sequence < sequence else None
