"""One request's life as gateway shows it, built from events alone."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.contracts import (
    AccountId,
    Event,
    ImageRef,
    JobId,
    JobSpec,
    JobStatus,
    KeyId,
    Lane,
    LighterRender,
    Origin,
    Rank,
    SubmissionId,
    job_rank,
    job_status,
)
from services.contracts.events import (
    FailureCode,
    JobAdmitted,
    JobCancelRequested,
    JobCompleted,
    JobDeferred,
    JobFailed,
    JobProgressed,
    JobQueued,
    JobRejected,
    JobRequeued,
    JobStarted,
    Offer,
    QuotaFacts,
    Rule,
)

__all__ = [
    "AlreadyEnded",
    "Failure",
    "Job",
    "Place",
    "Progress",
    "Rejection",
    "cancel",
    "cancelling",
    "newest",
    "project",
    "slim",
    "without_prompt",
]

_NO_PROMPT = {"prompt": "-", "negative_prompt": None}


_IN_THE_QUEUE: Rank = (2, 0, 0, 0)
"""From here on render's database has the job, and brings it to its end."""


class AlreadyEnded(Exception):
    """A job that has ended can't be cancelled."""

    def __init__(self, status: JobStatus) -> None:
        super().__init__(f"the job is {status} already")
        self.status = status


@dataclass(frozen=True)
class Failure:
    """`categories` are those under which a moderator refused what was drawn."""

    code: FailureCode
    detail: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """Quota's refusal. `resets_at`: the window is empty again; `retry_at`: this would fit.

    `offers`: what the same request would get if its caller allowed it.
    """

    rule: Rule
    reason: str
    resets_at: datetime | None
    retry_at: datetime | None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Progress:
    step: int
    steps: int
    seconds_left: float | None
    preview: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a job waits: lower tickets of the same lane go first."""

    lane: Lane
    ticket: float


@dataclass(frozen=True)
class Job:
    """A job as its account sees it.

    `digest` names its request's body, `key` who asked, `idempotency` the account with the key that
    the client chose, `submission` what an event producer calls it. `lighter` is what the render may
    be cut down to. `remind_at` is when quota is asked again, unless render has the job by then;
    `prompt_since` is when the prompt came, while it is here.
    """

    id: JobId
    account: AccountId
    key: KeyId
    plan: str
    spec: JobSpec
    units: int
    digest: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    origin: Origin = Origin.HTTP
    submission: SubmissionId | None = None
    allow_deferred: bool = False
    allow_degraded: bool = False
    lighter: LighterRender | None = None
    degraded: bool = False
    start_by: datetime | None = None
    remind_at: datetime | None = None
    idempotency: str | None = None
    end_user: str | None = None
    status: JobStatus = JobStatus.SUBMITTED
    rank: Rank = (0, 0, 0, 0)
    attempt: int = 0
    place: Place | None = None
    progress: Progress | None = None
    quota: QuotaFacts | None = None
    cancel_requested_at: datetime | None = None
    expected_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    images: tuple[ImageRef, ...] = ()
    failure: Failure | None = None
    rejection: Rejection | None = None
    prompt_since: datetime | None = None

    @property
    def has_prompt(self) -> bool:
        """False once the prompt is forgotten, and all that was made of it."""
        return bool(self.digest)

    @property
    def is_put_off(self) -> bool:
        """It waits for a cooler fleet, as its caller allowed: nobody should wait for it."""
        if self.status is JobStatus.QUEUED and self.place:
            return self.allow_deferred and self.place.lane is Lane.DEFERRED
        return self.allow_deferred and self.status is JobStatus.DEFERRED


def project(job: Job, event: Event) -> Job:
    """The job after an event, whatever came before it: what is older than the job changes nothing.

    What stays true in any order (the terms of the admission, the place in the queue, the start)
    is kept even from a late event.
    """
    rank, status = job_rank(event), job_status(event)
    if rank is None or status is None or getattr(event, "job", None) != job.id:
        return job
    job = _with_lasting(job, event)
    if rank <= job.rank:
        return job
    moved = replace(
        job,
        rank=rank,
        status=status,
        updated_at=event.at,
        ended_at=event.at if status.is_end else None,
        remind_at=job.remind_at if rank < _IN_THE_QUEUE else None,
    )
    return _with_current(moved, event)


def cancel(job: Job, now: datetime) -> Job:
    """The job with the wish to cancel it. Raises AlreadyEnded; wishing twice changes nothing."""
    if job.status.is_end:
        raise AlreadyEnded(job.status)
    return job if job.cancel_requested_at else replace(job, cancel_requested_at=now)


def cancelling(job: Job, now: datetime) -> tuple[Job, tuple[Event, ...]] | None:
    """The wish to cancel, and its event; none where it is wished for or the job has ended."""
    if job.status.is_end or job.cancel_requested_at:
        return None
    return cancel(job, now), (JobCancelRequested(at=now, account=job.account, job=job.id),)


def newest(first: Event, second: Event) -> Event:
    """The later of two events of one job; the first where they are as late.

    Of progress, the latest preview of the attempt stays: not every step has one.
    """
    first, second = sorted((second, first), key=lambda event: job_rank(event) or ())
    match first, second:
        case JobProgressed(preview=str(seen)), JobProgressed(preview=None):
            if first.attempt == second.attempt:
                return second.model_copy(update={"preview": seen})
    return second


def slim(event: Event) -> Event:
    """An event fit to be kept in memory: without the prompts, which `project` never reads."""
    if isinstance(event, JobAdmitted):
        return event.model_copy(update={"spec": _blank(event.spec)})
    return event


def without_prompt(job: Job) -> Job:
    """An ended job without what its caller wrote; one that has no end yet stays as it is."""
    if not job.status.is_end:
        return job
    return replace(job, spec=_blank(job.spec), digest="", end_user=None, prompt_since=None)


def _blank(spec: JobSpec) -> JobSpec:
    return spec.model_copy(update=_NO_PROMPT)


def _with_lasting(job: Job, event: Event) -> Job:
    match event:
        case JobAdmitted():
            return _admitted(job, event)
        case JobQueued():
            return replace(job, place=Place(event.lane, event.ticket))
        case JobStarted() if event.attempt >= job.attempt:
            return replace(job, started_at=event.at, attempt=event.attempt)
        case _:
            return job


def _admitted(job: Job, event: JobAdmitted) -> Job:
    job = replace(job, quota=event.quota, expected_at=event.expected_at)
    if event.degraded and job.lighter:
        return replace(job, spec=job.spec.lightened(job.lighter), degraded=True)
    return job


def _with_current(job: Job, event: Event) -> Job:
    match event:
        case JobProgressed():
            progress = Progress(event.step, event.steps, event.seconds_left, event.preview)
            return replace(job, progress=progress, attempt=event.attempt)
        case JobStarted() | JobRequeued():
            return replace(job, progress=None, attempt=event.attempt)
        case JobDeferred():
            return replace(job, progress=None, expected_at=event.expected_at)
        case JobCompleted():
            return replace(job, images=event.images, seconds=event.seconds, attempt=event.attempt)
        case JobFailed():
            return replace(job, failure=Failure(event.code, event.detail, event.categories))
        case JobRejected():
            return _rejected(job, event)
        case _:
            return job


def _rejected(job: Job, event: JobRejected) -> Job:
    """Nothing was executed, so the caller may use the same idempotency key again.

    A submission has its outcome all the same: a message that comes twice has no second one.
    """
    rejection = Rejection(event.rule, event.reason, event.resets_at, event.retry_at, event.offers)
    key = job.idempotency if job.submission else None
    return replace(job, rejection=rejection, quota=event.quota, idempotency=key)
