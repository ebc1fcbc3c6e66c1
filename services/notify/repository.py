"""Where feeds are kept: one row for each notification, until its retention ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.contracts import AccountId, EventId, JobId, Rank
from services.kit.clock import Clock
from services.kit.documents import (
    ID_INDEX,
    CollectionSpec,
    Condition,
    Documents,
    Index,
    Rows,
    RowsSpec,
)
from services.kit.documents.turns import Turns
from services.kit.errors import Duplicate, Unavailable
from services.kit.remembered import Remembered
from services.kit.telemetry import metrics
from services.notify.core import Notice, Notification, next_sequence

__all__ = ["HEADS", "NOTIFICATIONS", "FeedRow", "Feeds", "Head", "RowFeeds"]

_BATCH = 1000
_ATTEMPTS = 8
_TURN_SECONDS = 10.0
_EVENTS_OF_A_JOB = 200


class Feeds(Protocol):
    """One sequence per account, gapless, each event once."""

    async def append(self, notice: Notice) -> Notification | None:
        """The notice with its place; none when its event, or a later one of its job, is there."""
        ...

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        """Up to `limit` notifications after a sequence, in order."""
        ...

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        """The oldest sequence that is kept, and the newest ever given out; none where none is."""
        ...

    async def erase(self, account: AccountId) -> None:
        """Takes away the account's whole feed."""
        ...


@dataclass(frozen=True)
class FeedRow:
    """A notification as it is stored; the row's id is the event's."""

    event: EventId
    account: AccountId
    sequence: int
    job: JobId
    type: str
    at: datetime
    rank: Rank
    facts: dict[str, Any]
    traceparent: str | None
    expires_at: datetime


NOTIFICATIONS = RowsSpec(
    "notifications",
    FeedRow,
    (Index(("account", "sequence"), unique=True), Index(("job",)), Index(("expires_at",))),
)


@dataclass(frozen=True)
class Head:
    """The last sequence of an account whose newest notifications may have expired."""

    sequence: int


HEADS = CollectionSpec("heads", Head)


class RowFeeds:
    """Feeds over rows. Two replicas that want one place are told apart by the unique index."""

    def __init__(
        self, rows: Rows[FeedRow], heads: Documents[Head], clock: Clock, retention: timedelta
    ) -> None:
        self._rows = rows
        self._heads = heads
        self._clock = clock
        self._retention = retention
        self._last: Remembered[AccountId, int] = Remembered()
        self._ranks: Remembered[JobId, Rank] = Remembered()
        self._turns = Turns()

    async def append(self, notice: Notice) -> Notification | None:
        # News of one account comes on several streams at once: here it takes turns.
        async with self._turns.of(notice.account, _TURN_SECONDS):
            if notice.rank <= await self._rank(notice.job):
                return None
            return await self._append(notice)

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        found = await self._rows.find(
            [("account", "==", account), ("sequence", ">", sequence)],
            order=["sequence"],
            limit=limit,
        )
        return [_notification(row) for row in found]

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        # The newest first: what arrives between the two reads is then sent, not thought expired.
        newest = await self._newest(account)
        return await self._edge(account, "sequence"), newest

    async def erase(self, account: AccountId) -> None:
        mine: Condition = ("account", "==", account)
        while found := await self._rows.find([mine], order=["sequence"], limit=_BATCH):
            await self._rows.delete([mine, ("sequence", "<=", found[-1].sequence)])
        await self._heads.delete(account)
        self._last.forget(account)

    async def _append(self, notice: Notice) -> Notification | None:
        for _ in range(_ATTEMPTS):
            known = self._last.get(notice.account)
            sequence = next_sequence(known or await self._newest(notice.account))
            try:
                await self._rows.insert(notice.event, self._row(sequence, notice))
            except Duplicate as duplicate:
                self._last.forget(notice.account)
                if duplicate.index == ID_INDEX or await self._rows.get(notice.event):
                    return None
                continue
            self._last[notice.account] = sequence
            self._ranks[notice.job] = notice.rank
            metrics.NOTIFICATIONS_STORED.add(1, type=notice.type)
            return Notification(sequence, notice)
        raise Unavailable("database", "others keep taking this account's next sequence")

    async def _newest(self, account: AccountId) -> int | None:
        kept = await self._edge(account, "-sequence")
        if kept is not None:
            return kept
        head = await self._heads.load(account)
        return head.state.sequence if head else None

    async def _edge(self, account: AccountId, order: str) -> int | None:
        found = await self._rows.find([("account", "==", account)], order=[order], limit=1)
        return found[0].sequence if found else None

    async def _rank(self, job: JobId) -> Rank:
        """The newest event of the job that is stored."""
        known = self._ranks.get(job)
        if known is None:
            rows = await self._rows.find([("job", "==", job)], limit=_EVENTS_OF_A_JOB)
            known = max((row.rank for row in rows), default=(0, 0, 0, 0))
        return known

    def _row(self, sequence: int, notice: Notice) -> FeedRow:
        return FeedRow(
            event=notice.event,
            account=notice.account,
            sequence=sequence,
            job=notice.job,
            type=notice.type,
            at=notice.at,
            rank=notice.rank,
            facts=notice.facts,
            traceparent=notice.traceparent,
            expires_at=self._clock.now() + self._retention,
        )


def _notification(row: FeedRow) -> Notification:
    return Notification(
        row.sequence,
        Notice(
            event=row.event,
            account=row.account,
            job=row.job,
            type=row.type,
            at=row.at,
            rank=row.rank,
            facts=row.facts,
            traceparent=row.traceparent,
        ),
    )
