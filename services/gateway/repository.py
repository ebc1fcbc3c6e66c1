"""Every database call of gateway's. An account's jobs are only ever read with its id in hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.contracts import AccountId, Event, JobId, JobStatus, KeyId
from services.gateway.core.account import Account, Caller, announcement
from services.gateway.core.audit import ACTS, act
from services.gateway.core.job import Job, project
from services.kit.clock import Clock
from services.kit.documents import Change, CollectionSpec, Condition, Documents, Index

__all__ = ["ACCOUNTS", "ALL", "JOBS", "Accounts", "Filter", "Jobs"]

JOBS: CollectionSpec[Job] = CollectionSpec(
    "jobs",
    Job,
    (
        Index(("account", "-id")),
        Index(("account", "status", "-id")),
        Index(("account", "digest", "-id")),
        Index(("idempotency",), unique=True, sparse=True),
        Index(("remind_at",), sparse=True),
        Index(("expires_at",), expire_after=timedelta(0)),
        Index(("prompt_since",), sparse=True),
    ),
)

ACCOUNTS: CollectionSpec[Account] = CollectionSpec(
    "accounts", Account, (Index(("id",)), Index(("keys.id",), unique=True, sparse=True))
)


_EVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Filter:
    """Which of an account's jobs; those born at `since` or later, and earlier than `before`."""

    status: JobStatus | None = None
    model: str | None = None
    since: JobId | None = None
    before: JobId | None = None


ALL = Filter()


class Jobs:
    """The job projection. All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[Job]) -> None:
        self._documents = documents

    async def get(self, account: AccountId, id: JobId) -> Job | None:
        job = await self.get_for_link(id)
        return job if job and job.account == account else None

    async def get_for_link(self, id: JobId) -> Job | None:
        """A job of any account: only for whoever holds a link that we signed for it."""
        document = await self._documents.load(id)
        return document.state if document else None

    async def with_idempotency(self, idempotency: str) -> Job | None:
        return await self._first(("idempotency", "==", idempotency))

    async def last_like(
        self, account: AccountId, key: KeyId, digest: str, since: datetime
    ) -> Job | None:
        """The newest job that the same API key asked for with the same body."""
        return await self._first(
            ("account", "==", account),
            ("digest", "==", digest),
            ("key", "==", key),
            ("created_at", ">=", since),
        )

    async def page(
        self, account: AccountId, *, limit: int, before: JobId | None = None, of: Filter = ALL
    ) -> list[Job]:
        """Jobs of one account, newest first, older than `before`."""
        bounds = [bound for bound in (before, of.before) if bound is not None]
        where: list[Condition] = [("account", "==", account)]
        where += [("status", "==", of.status)] if of.status else []
        where += [("spec.model", "==", of.model)] if of.model else []
        where += [("id", "<", min(bounds))] if bounds else []
        where += [("id", ">=", of.since)] if of.since else []
        found = await self._documents.find(where, order=("-id",), limit=limit)
        return [document.state for document in found]

    async def undecided(self, most: int) -> int:
        """How many jobs wait for quota's decision; no more than `most` are counted."""
        # Who is to be reminded, at whatever time, is in a small index of its own, and those without
        # a decision are among them. A comparison lets SecantusDB use it as well, "!=" does not.
        waiting: list[Condition] = [
            ("remind_at", ">", _EVER),
            ("status", "==", JobStatus.SUBMITTED),
        ]
        return await self._documents.count(waiting, limit=most)

    async def unanswered(self, now: datetime, limit: int = 100) -> list[Job]:
        """Jobs that quota should be asked for again by now, the longest overdue first."""
        found = await self._documents.find(
            [("remind_at", "<=", now)], order=("remind_at",), limit=limit
        )
        return [document.state for document in found]

    async def count(self, account: AccountId) -> int:
        return await self._documents.count([("account", "==", account)])

    async def discard(self, id: JobId) -> bool:
        """False while something of it is not published yet."""
        return await self._documents.discard(id)

    async def known(self, ids: Sequence[JobId]) -> dict[JobId, Job]:
        """Those of these jobs, of any account, that are stored."""
        found = await self._documents.find([("_id", "in", ids)], limit=max(1, len(ids)))
        return {document.state.id: document.state for document in found}

    async def with_prompt_before(self, moment: datetime, after: datetime, limit: int) -> list[Job]:
        """Jobs of any account whose prompts came between `after` and `moment`, the oldest first."""
        found = await self._documents.find(
            [("prompt_since", "<=", moment), ("prompt_since", ">", after)],
            order=("prompt_since",),
            limit=limit,
        )
        return [document.state for document in found]

    async def insert(self, job: Job, event: Event) -> None:
        """Job and first event in one write. Raises Duplicate when its idempotency key is taken."""
        await self._documents.change(
            job.id, lambda known: None if known else Change(job, (event,)), is_new=True
        )

    async def apply(self, id: JobId, events: Sequence[Event]) -> tuple[Job | None, Job | None]:
        """Folds events into the stored job; the job as it was and as it is."""
        before: Job | None = None

        def decide(job: Job | None) -> Change[Job] | None:
            nonlocal before
            before = after = job
            for event in events:
                after = after and project(after, event)
            return Change(after) if after and after != job else None

        now = await self._documents.change(id, decide)
        return before, now

    async def change(
        self, id: JobId, decide: Callable[[Job], tuple[Job, tuple[Event, ...]] | None]
    ) -> Job | None:
        """A decision on a job and its events in one write; none when there is no such job."""

        def on_known(job: Job | None) -> Change[Job] | None:
            decision = decide(job) if job else None
            return Change(*decision) if decision else None

        return await self._documents.change(id, on_known)

    async def _first(self, *where: Condition) -> Job | None:
        found = await self._documents.find(where, order=("-id",), limit=1)
        return found[0].state if found else None


class Accounts:
    """Accounts; each change is told as AccountChanged by the same write."""

    def __init__(self, documents: Documents[Account], clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def get(self, id: AccountId) -> Account | None:
        document = await self._documents.load(id)
        return document.state if document else None

    async def with_key(self, id: KeyId) -> Account | None:
        found = await self._documents.find([("keys.id", "==", id)], limit=1)
        return found[0].state if found else None

    async def page(self, before: AccountId | None, limit: int) -> list[Account]:
        where: list[Condition] = [("id", "<", before)] if before else []
        found = await self._documents.find(where, order=("-id",), limit=limit)
        return [document.state for document in found]

    async def open(self, account: Account, by: Caller | None = None) -> None:
        """Raises Duplicate when another account holds one of its keys."""
        change = self._change(None, account, by)
        await self._documents.change(account.id, lambda known: None if known else change)

    async def discard(self, id: AccountId) -> bool:
        """False while something of it is not published yet."""
        return await self._documents.discard(id)

    async def change(
        self, id: AccountId, decide: Callable[[Account], Account], by: Caller | None = None
    ) -> Account | None:
        """None when there is no such account. Passes on what `decide` raises.

        What an operator does (`by`) is written down with it, as an act.
        """

        def on_known(account: Account | None) -> Change[Account] | None:
            changed = decide(account) if account else None
            if changed is None or changed == account:
                return None
            return self._change(account, changed, by)

        return await self._documents.change(id, on_known)

    def _change(self, before: Account | None, after: Account, by: Caller | None) -> Change[Account]:
        now = self._clock.now()
        done = act(before, after, by, now) if by else None
        rows = (ACTS.entry(done.id, done),) if done else ()
        return Change(after, (announcement(after, now),), rows)
