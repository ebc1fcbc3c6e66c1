"""Where requests become jobs: each once, and stored before it is answered."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.contracts import (
    AccountId,
    Event,
    JobId,
    JobSpec,
    LighterRender,
    Origin,
    SubmissionId,
)
from services.contracts.events import JobCancelRequested
from services.gateway.core.acceptance import Bounds, Outlook, obstacle
from services.gateway.core.account import Caller
from services.gateway.core.idempotency import Verdict, key_of_submission, may_join, verdict
from services.gateway.core.job import Job, cancel, project
from services.gateway.core.reminder import requested
from services.gateway.forgetting import forget
from services.gateway.repository import Filter, Jobs
from services.gateway.sweeps import PictureStore
from services.gateway.waiters import Waiters, Watch
from services.kit.budget import budget
from services.kit.clock import Clock
from services.kit.errors import Duplicate, Unavailable
from services.kit.telemetry import metrics, span

__all__ = ["Desk", "DeskSettings", "IdempotencyKeyReused", "Order", "Receipt", "idempotency_of"]

_TRIES = 3
_POLL_SECONDS = 2.5


class IdempotencyKeyReused(Exception):
    """The key belongs to a request with another body."""


@dataclass(frozen=True)
class DeskSettings:
    """`retention`: how long a job is kept; `join_within`: how old a job a retry may join.

    `remind_after`: how old a job is when it is asked for again, unless render has it by then.
    `poll_seconds`: how often a waiting call looks at the database, should the bus be silent.
    `bounds`: from where on nothing more is taken in.
    """

    retention: timedelta = timedelta(days=30)
    join_within: timedelta = timedelta(minutes=15)
    remind_after: timedelta = timedelta(minutes=10)
    poll_seconds: float = 5.0
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True)
class Order:
    """A valid request.

    `is_retry`: its client says that it asked before and got no answer; `waits`: its caller is
    answered at the job's end; `allow_deferred`: rather later than not at all; `allow_degraded`:
    rather as `lighter` says.
    """

    caller: Caller
    spec: JobSpec
    units: int
    digest: str
    idempotency_key: str | None = None
    is_retry: bool = False
    waits: bool = False
    allow_deferred: bool = False
    allow_degraded: bool = False
    lighter: LighterRender | None = None
    start_by: datetime | None = None
    end_user: str | None = None
    origin: Origin = Origin.HTTP
    submission: SubmissionId | None = None

    @property
    def idempotency(self) -> str | None:
        key = self.idempotency_key
        return idempotency_of(self.caller.account, key) if key else None


def idempotency_of(account: AccountId, key: str) -> str:
    """An idempotency key is its account's own."""
    return f"{account}/{key}"


@dataclass(frozen=True)
class Receipt:
    """The job of an order; `replayed` when an earlier, equal request made it."""

    job: Job
    replayed: bool


class Desk:
    def __init__(
        self,
        jobs: Jobs,
        waiters: Waiters,
        clock: Clock,
        outlook: Callable[[], Outlook],
        settings: DeskSettings,
    ) -> None:
        self._jobs = jobs
        self._waiters = waiters
        self._clock = clock
        self._outlook = outlook
        self._settings = settings

    async def take(self, order: Order) -> Receipt:
        """The order's job, stored. Raises IdempotencyKeyReused and Unavailable."""
        for _ in range(_TRIES):
            if earlier := await self._earlier(order):
                return Receipt(earlier, replayed=True)
            if refused := self.obstacle(waits=order.waits):
                raise refused
            job = self._new_job(order)
            try:
                with span("gateway.store_job", job=job.id):
                    await self._jobs.insert(job, requested(job, order.caller.account_version))
            except Duplicate:
                continue
            metrics.JOBS_SUBMITTED.add(1, plan=job.plan, origin=order.origin.value)
            return Receipt(job, replayed=False)
        raise Unavailable("database", "many requests fight for one idempotency key")

    def obstacle(self, *, waits: bool) -> Unavailable | None:
        """Why no job is taken in now, if so; `waits` for one whose caller waits for its end."""
        return obstacle(self._outlook(), self._settings.bounds, waits=waits)

    async def outcome(self, job: Job, seconds: float) -> Job:
        """The job once it has ended or is put off, or as it is after `seconds`."""
        async with aclosing(self.follow(job, seconds)) as states:
            async for state in states:
                job = state
        return job

    async def follow(self, job: Job, seconds: float) -> AsyncGenerator[Job]:
        """The job at once, and whenever it may have changed, to its end or for `seconds`."""
        deadline = self._clock.monotonic() + seconds
        with self._waiters.watch(job.id) as watch:
            job = self._waiters.fold(job)
            yield job
            while not _is_settled(job) and (left := deadline - self._clock.monotonic()) > 0:
                job = await self._next(job, watch, left)
                yield job

    async def look(self, account: AccountId, id: JobId) -> Job | None:
        job = await self._jobs.get(account, id)
        return self._waiters.fold(job) if job else None

    async def submitted(self, account: AccountId, name: SubmissionId) -> Job | None:
        """The job of a producer's message."""
        key = idempotency_of(account, key_of_submission(name))
        job = await self._jobs.with_idempotency(key)
        return self._waiters.fold(job) if job else None

    async def known(self, ids: Sequence[JobId]) -> dict[JobId, Job]:
        """Those of these jobs, of any account, that are there."""
        found = await self._jobs.known(ids) if ids else {}
        return {job.id: self._waiters.fold(job) for job in found.values()}

    async def page(
        self, account: AccountId, of: Filter, *, before: JobId | None, limit: int
    ) -> list[Job]:
        """Newest first, older than `before`."""
        jobs = await self._jobs.page(account, of=of, before=before, limit=limit)
        return [self._waiters.fold(job) for job in jobs]

    async def cancel(self, account: AccountId, id: JobId) -> Job | None:
        """The job with the wish stored; none when the account has no such job.

        Raises AlreadyEnded.
        """
        if await self._jobs.get(account, id) is None:
            return None
        now, heard = self._clock.now(), self._waiters.heard(id)

        def decide(job: Job) -> tuple[Job, tuple[Event, ...]] | None:
            for event in heard:
                job = project(job, event)
            wished = cancel(job, now)
            event = JobCancelRequested(at=now, account=job.account, job=job.id)
            return None if wished == job else (wished, (event,))

        wished = await self._jobs.change(id, decide)
        return self._waiters.fold(wished) if wished else None

    async def forget(self, job: Job, pictures: PictureStore) -> bool:
        """The ended job goes with its pictures; false while something of it is not published."""
        await self._jobs.apply(job.id, self._waiters.heard(job.id))
        return await forget(job.id, self._jobs, pictures)

    async def _next(self, job: Job, watch: Watch, seconds: float) -> Job:
        heard = await watch.news(min(seconds, self._settings.poll_seconds))
        stored = None if heard else await self._poll(job)
        return self._waiters.fold(stored or job)

    async def _poll(self, job: Job) -> Job | None:
        """The safety net below the tail; it may be torn while the tail holds."""
        try:
            with budget(_POLL_SECONDS):
                return await self._jobs.get(job.account, job.id)
        except Unavailable:
            return None

    async def _earlier(self, order: Order) -> Job | None:
        if order.idempotency:
            return await self._with_same_key(order, order.idempotency)
        if order.is_retry:
            return await self._unanswered(order)
        return None

    async def _with_same_key(self, order: Order, idempotency: str) -> Job | None:
        stored = await self._jobs.with_idempotency(idempotency)
        if stored is None:
            return None
        job = self._waiters.fold(stored)
        found = verdict(job, order.digest)
        if found is Verdict.OTHER_BODY:
            raise IdempotencyKeyReused
        if found is Verdict.REPLAY:
            return job
        await self._jobs.apply(job.id, self._waiters.heard(job.id))
        return None

    async def _unanswered(self, order: Order) -> Job | None:
        since = self._clock.now() - self._settings.join_within
        caller = order.caller
        job = await self._jobs.last_like(caller.account, caller.key, order.digest, since)
        job = self._waiters.fold(job) if job else None
        return job if job and may_join(job) else None

    def _new_job(self, order: Order) -> Job:
        now = self._clock.now()
        return Job(
            id=JobId.new(now),
            account=order.caller.account,
            key=order.caller.key,
            plan=order.caller.plan,
            spec=order.spec,
            units=order.units,
            allow_deferred=order.allow_deferred,
            allow_degraded=order.allow_degraded,
            lighter=order.lighter,
            start_by=order.start_by,
            digest=order.digest,
            created_at=now,
            updated_at=now,
            expires_at=now + self._settings.retention,
            remind_at=now + self._settings.remind_after,
            idempotency=order.idempotency,
            end_user=order.end_user,
            origin=order.origin,
            submission=order.submission,
            prompt_since=now,
        )


def _is_settled(job: Job) -> bool:
    return job.status.is_end or job.is_put_off
