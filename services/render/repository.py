"""Every call to render's database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from services.contracts import AccountId, JobId, Lane
from services.kit.documents import Change, Condition, Document, Documents
from services.render import journal
from services.render.core import (
    FRONT_SIZE,
    Entry,
    LineClock,
    LineLoad,
    Running,
    Turn,
    Waiting,
    WorkerRecord,
    advance,
    line_of,
    take_turn,
)

__all__ = ["Found", "Lines", "Queue", "Workers"]

Decision = Callable[[Entry | None], Change[Entry] | None]

_SAMPLE = 200
_BATCH = 100
_MOST_WORKERS = 1000
_MOST_RUNNING = 1000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Later than this is any time at all: a lower bound is what an index serves, in SecantusDB too."""


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Found(Generic[E]):
    job: JobId
    entry: E


class Queue:
    """The admitted jobs and what became of them."""

    def __init__(self, entries: Documents[Entry]) -> None:
        self._entries = entries

    async def load(self, job: JobId) -> Entry | None:
        document = await self._entries.load(job)
        return document.state if document else None

    async def decide(self, job: JobId, decision: Decision) -> Change[Entry] | None:
        """The change that was saved and told; none where the decision changed nothing."""
        decided: list[tuple[Entry | None, Change[Entry] | None]] = []

        def remember(entry: Entry | None) -> Change[Entry] | None:
            decided.append((entry, decision(entry)))
            return decided[-1][1]

        await self._entries.change(job, remember)
        before, change = decided[-1]
        if change is not None:
            journal.tell(job, before, change)
        return change

    async def front(self, pool: str, lane: Lane, now: datetime) -> list[Found[Waiting]]:
        """The first jobs of a line that may be drawn now, in the order of their tickets."""
        found = await self._entries.find(
            [("line", "==", line_of(pool, lane)), ("not_before", "<=", now)],
            order=("order.ticket", "_id"),
            limit=FRONT_SIZE,
        )
        return _of(Waiting, found)

    async def held_by(self, worker: str) -> list[Found[Running]]:
        return _of(Running, await self._entries.find([("worker", "==", worker)], limit=_BATCH))

    async def running(self) -> list[Found[Running]]:
        found = await self._entries.find(
            [("lease_until", ">", _LONG_AGO)], order=("lease_until",), limit=_MOST_RUNNING
        )
        return _of(Running, found)

    async def too_late(self, now: datetime) -> list[Found[Waiting]]:
        """Waiting jobs whose time to start has passed."""
        found = await self._entries.find(
            [("start_by", ">", _LONG_AGO)], order=("start_by",), limit=_BATCH
        )
        return [
            one
            for one in _of(Waiting, found)
            if one.entry.start_by is not None and one.entry.start_by <= now
        ]

    async def unended_of(self, account: AccountId) -> list[JobId]:
        """Jobs of an account that wait or run, some of them where they are many."""
        return await self._jobs_where("order.account", account)

    async def ended_of(self, account: AccountId) -> list[JobId]:
        """Jobs of an account that have ended, or were cancelled before they came; some of them."""
        return await self._jobs_where("account", account)

    async def discard(self, job: JobId) -> None:
        """Forgets a job, once its end is published."""
        await self._entries.discard(job)

    async def _jobs_where(self, field: str, account: AccountId) -> list[JobId]:
        found = await self._entries.find([(field, "==", account)], limit=_BATCH)
        return [JobId(document.id) for document in found]

    async def load_of(self, pool: str, lane: Lane) -> LineLoad:
        """What waits in a line: exact up to 200 jobs, beyond that by the mean cost of the first."""
        where: list[Condition] = [("line", "==", line_of(pool, lane))]
        first = _of(
            Waiting, await self._entries.find(where, order=("order.ticket",), limit=_SAMPLE)
        )
        if not first:
            return LineLoad()
        count = len(first) if len(first) < _SAMPLE else await self._entries.count(where)
        mean = sum(found.entry.order.cost for found in first) / len(first)
        oldest = min(found.entry.order.queued_at for found in first)
        return LineLoad(count, mean * count, first[0].entry.order.ticket, oldest)


class Lines:
    """Whose turn it is in each line."""

    def __init__(self, clocks: Documents[LineClock], turns: Documents[Turn]) -> None:
        self._clocks = clocks
        self._turns = turns
        self._come: dict[str, float] = {}

    async def ticket(
        self, line: str, account: AccountId, job: JobId, cost: float, now: datetime
    ) -> float:
        """The ticket of a job that joins the line; asked again, the same one."""
        clock = await self._clocks.load(line)
        virtual = clock.state.virtual if clock else 0.0

        def decide(turn: Turn | None) -> Change[Turn] | None:
            taken = take_turn(turn, job, cost, virtual, now)
            return None if taken is turn else Change(taken)

        turn = await self._turns.change(f"{line}/{account}", decide)
        assert turn is not None
        return turn.ticket

    async def forget(self, lines: Iterable[str], account: AccountId) -> None:
        for line in lines:
            await self._turns.delete(f"{line}/{account}")

    async def claimed(self, line: str, ticket: float) -> None:
        """The line has come as far as this ticket."""
        if ticket <= self._come.get(line, -1.0):
            return  # it never goes back

        def decide(clock: LineClock | None) -> Change[LineClock] | None:
            advanced = advance(clock, ticket)
            return Change(advanced) if advanced else None

        clock = await self._clocks.change(line, decide)
        self._come[line] = clock.virtual if clock else ticket


class Workers:
    """The register in which workers enter themselves."""

    def __init__(self, records: Documents[WorkerRecord]) -> None:
        self._records = records

    async def enter(self, worker: str, record: WorkerRecord) -> None:
        await self._records.change(worker, lambda _: Change(record))

    async def leave(self, worker: str) -> None:
        await self._records.delete(worker)

    async def all(self) -> dict[str, WorkerRecord]:
        found = await self._records.find(order=("_id",), limit=_MOST_WORKERS)
        return {document.id: document.state for document in found}


def _of(kind: type[E], documents: Sequence[Document[Entry]]) -> list[Found[E]]:
    return [
        Found(JobId(document.id), document.state)
        for document in documents
        if isinstance(document.state, kind)
    ]
