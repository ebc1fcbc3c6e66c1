"""Where feeds are kept: one row for each notification, until its retention ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.contracts import AccountId, EventId, JobId, Rank
from services.kit.clock import Clock
from services.kit.documents import (
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
_ATTEMPTS = 32
_TURN_SECONDS = 10.0
_EVENTS_OF_A_JOB = 200
_JOBS_IN_MIND = 100
_CATCH_UP = 500


class Feeds(Protocol):
    """One sequence per account, gapless, each event once."""

    async def append(self, notice: Notice) -> Notification | None:
        """The notice with its place; none when its event, or a later one of its job, is there."""
        ...

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        """Up to `limit` notifications after a sequence, in order."""
        ...

    async def of_job(self, account: AccountId, job: JobId) -> list[Notification]:
        """All that is kept of one of its jobs, in order."""
        ...

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        """The oldest sequence that is kept, and the newest ever given out; none where none is."""
        ...

    async def newest(self, account: AccountId) -> int:
        """The newest sequence ever given out, 0 where none is."""
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
    job: JobId | None
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


class _End:
    """An account's feed as this replica left it: true until another one adds to it."""

    def __init__(self, last: int | None) -> None:
        self.last = last
        self.ranks: Remembered[JobId, Rank] = Remembered(_JOBS_IN_MIND)

    def added(self, sequence: int, job: JobId | None, rank: Rank) -> None:
        self.last = sequence
        if job:
            self.ranks[job] = rank

    def forget(self, last: int | None) -> None:
        self.last = last
        self.ranks = Remembered(_JOBS_IN_MIND)


class RowFeeds:
    """Feeds over rows. Two replicas that want one place are told apart by the unique index."""

    def __init__(
        self, rows: Rows[FeedRow], heads: Documents[Head], clock: Clock, retention: timedelta
    ) -> None:
        self._rows = rows
        self._heads = heads
        self._clock = clock
        self._retention = retention
        self._ends: Remembered[AccountId, _End] = Remembered()
        self._turns = Turns()

    async def append(self, notice: Notice) -> Notification | None:
        # News of one account comes on several streams at once: here it takes turns.
        async with self._turns.of(notice.account, _TURN_SECONDS):
            # The end is read before the job's news: whoever adds some after that takes the place
            # that this notice wants, and is found by looking for what was added.
            end = self._ends.get(notice.account) or await self._end(notice.account)
            for _ in range(_ATTEMPTS):
                if notice.job and notice.rank <= await self._rank(end, notice.job):
                    return None
                if stored := await self._take(end, notice):
                    return stored
                if not notice.job and await self._has(notice.event):
                    return None
                await self._catch_up(end, notice)
        raise Unavailable("database", "others keep taking this account's next sequence")

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        found = await self._rows.find(
            [("account", "==", account), ("sequence", ">", sequence)],
            order=["sequence"],
            limit=limit,
        )
        return [_notification(row) for row in found]

    async def of_job(self, account: AccountId, job: JobId) -> list[Notification]:
        found = await self._rows.find(
            [("account", "==", account), ("job", "==", job)],
            order=["sequence"],
            limit=_BATCH,
        )
        return [_notification(row) for row in found]

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        # The newest first: what arrives between the two reads is then sent, not thought expired.
        newest = await self._newest(account)
        return await self._edge(account, "sequence"), newest

    async def newest(self, account: AccountId) -> int:
        return await self._newest(account) or 0

    async def erase(self, account: AccountId) -> None:
        mine: Condition = ("account", "==", account)
        while found := await self._rows.find([mine], order=["sequence"], limit=_BATCH):
            await self._rows.delete([mine, ("sequence", "<=", found[-1].sequence)])
        await self._heads.delete(account)
        self._ends.forget(account)

    async def _take(self, end: "_End", notice: Notice) -> Notification | None:
        """None where the place is taken, or the event has one already."""
        sequence = next_sequence(end.last)
        try:
            await self._rows.insert(notice.event, self._row(sequence, notice))
        except Duplicate:
            return None
        metrics.NOTIFICATIONS_STORED.add(1, type=notice.type)
        end.added(sequence, notice.job, notice.rank)
        return Notification(sequence, notice)

    async def _has(self, event: EventId) -> bool:
        return await self._rows.get(event) is not None

    async def _end(self, account: AccountId) -> "_End":
        end = self._ends[account] = _End(await self._newest(account))
        return end

    async def _catch_up(self, end: "_End", notice: Notice) -> None:
        added = await self._rows.find(
            [("account", "==", notice.account), ("sequence", ">", end.last or 0)],
            order=["sequence"],
            limit=_CATCH_UP,
        )
        for row in added:
            end.added(row.sequence, row.job, row.rank)
        if not added:
            # The event itself is there, or retention was quicker: begin anew.
            end.forget(await self._newest(notice.account))

    async def _newest(self, account: AccountId) -> int | None:
        kept = await self._edge(account, "-sequence")
        if kept is not None:
            return kept
        head = await self._heads.load(account)
        return head.state.sequence if head else None

    async def _edge(self, account: AccountId, order: str) -> int | None:
        found = await self._rows.find([("account", "==", account)], order=[order], limit=1)
        return found[0].sequence if found else None

    async def _rank(self, end: "_End", job: JobId) -> Rank:
        """The newest event of the job that is stored."""
        known = end.ranks.get(job)
        if known is None:
            rows = await self._rows.find([("job", "==", job)], limit=_EVENTS_OF_A_JOB)
            known = end.ranks[job] = max((row.rank for row in rows), default=(0, 0, 0, 0))
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
