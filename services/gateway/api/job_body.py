"""A job as its account reads it."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.contracts import ImageRef, JobStatus, Lane, PictureFormat
from services.contracts.events import FailureCode, Offer, Rule
from services.gateway.api.context import Gateway
from services.gateway.api.picture_links import picture_link
from services.gateway.core.job import Job
from services.gateway.core.queueing import prospect
from services.kit.http import Code

__all__ = [
    "Failure",
    "JobBody",
    "JobList",
    "Links",
    "Picture",
    "Progress",
    "Queue",
    "Rejection",
    "job_body",
]


class Progress(BaseModel):
    step: int
    steps: int
    seconds_left: float | None
    preview: str | None = Field(description="Where the latest early look lies, with your key.")


class Queue(BaseModel):
    """Where the job waits. Of two jobs of a lane, the one with the lower ticket goes first."""

    lane: Lane
    ticket: float
    waiting: int | None = Field(description="How many wait in this lane, this one included.")
    starts_earliest: datetime | None = Field(
        description="If all before it are of one account; null while nobody can tell."
    )
    starts_latest: datetime | None = Field(
        description="If all that wait in this lane go before it, at the fleet's present pace."
    )


class Picture(BaseModel):
    url: str = Field(description="A signed link: whoever holds it may fetch the picture.")
    expires_at: datetime
    media_type: str
    width: int
    height: int
    seed: int
    sha256: str
    bytes: int


class Failure(BaseModel):
    code: str = Field(examples=[Code.RENDER_FAILED.value])
    reason: FailureCode
    detail: str


class Rejection(BaseModel):
    """Quota's refusal. `retry_at`: this request would fit; `resets_at`: the window is empty."""

    rule: Rule
    reason: str
    used: int
    limit: int
    limit_normally: int
    window_seconds: int
    resets_at: datetime | None
    retry_at: datetime | None
    offers: list[Offer] = Field(
        description="deferred: with `allow_deferred` the same request would be drawn later; "
        "degraded: with `allow_degraded` a lighter one would be drawn now."
    )


class Links(BaseModel):
    self: str
    cancel: str
    events: str = Field(description="Server-sent events of all jobs of the account.")


class JobBody(BaseModel):
    id: str
    object: str = "job"
    submission: str | None = Field(description="What its producer on Kafka calls it.")
    status: JobStatus
    cancel_requested: bool
    model: str
    prompt: str | None = Field(description="None once it is forgotten, before the job is.")
    negative_prompt: str | None
    n: int
    size: str
    drawn_size: str = Field(
        description="What the model drew; brought to `size` where that differs."
    )
    output_format: PictureFormat
    steps: int
    guidance: float
    seed: int
    seeds: list[int]
    degraded: bool = Field(description="Drawn lighter than asked for, as its caller allowed.")
    units: int = Field(description="What the job counts on the plan's quota.")
    attempt: int
    progress: Progress | None
    queue: Queue | None
    images: list[Picture]
    error: Failure | None
    rejection: Rejection | None
    seconds: float | None = Field(description="From the claim by a worker to the stored images.")
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    expected_at: datetime | None = Field(description="When a deferred job should start.")
    ended_at: datetime | None
    expires_at: datetime = Field(description="When the job is forgotten.")
    links: Links


class JobList(BaseModel):
    object: str = "list"
    data: list[JobBody]
    has_more: bool
    next_cursor: str | None


def job_body(here: Gateway, job: Job) -> JobBody:
    spec = job.spec
    return JobBody(
        id=job.id,
        submission=job.submission,
        status=job.status,
        cancel_requested=job.cancel_requested_at is not None,
        model=spec.model,
        prompt=spec.prompt if job.has_prompt else None,
        negative_prompt=spec.negative_prompt,
        n=spec.n,
        size=str(spec.size),
        drawn_size=str(spec.drawn_size),
        output_format=spec.format,
        steps=spec.steps,
        guidance=spec.guidance,
        seed=spec.seed,
        seeds=list(spec.seeds),
        degraded=job.degraded,
        units=job.units,
        attempt=job.attempt,
        progress=_progress(here, job),
        queue=_queue(here, job),
        images=[_picture(here, job, image) for image in job.images],
        error=_failure(job),
        rejection=_rejection(job),
        seconds=job.seconds,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        expected_at=job.expected_at,
        ended_at=job.ended_at,
        expires_at=job.expires_at,
        links=_links(here, job),
    )


def _progress(here: Gateway, job: Job) -> Progress | None:
    if job.progress is None:
        return None
    preview = f"{here.settings.public_url}/v1/jobs/{job.id}/preview"
    return Progress(
        step=job.progress.step,
        steps=job.progress.steps,
        seconds_left=job.progress.seconds_left,
        preview=preview if job.progress.preview else None,
    )


def _queue(here: Gateway, job: Job) -> Queue | None:
    if job.place is None or job.status not in {JobStatus.QUEUED, JobStatus.DEFERRED}:
        return None
    lane, load = job.place.lane, here.tables.load.get(job.spec.pool)
    seen = prospect(load, lane, job.place.ticket, here.clock.now())
    return Queue(
        lane=lane,
        ticket=job.place.ticket,
        waiting=seen.waiting if seen else None,
        starts_earliest=seen.earliest if seen else None,
        starts_latest=seen.latest if seen else None,
    )


def _picture(here: Gateway, job: Job, image: ImageRef) -> Picture:
    link = picture_link(here, job, image.index)
    return Picture(
        url=link.url,
        expires_at=link.expires_at,
        media_type=image.media_type,
        width=image.width,
        height=image.height,
        seed=image.seed,
        sha256=image.sha256,
        bytes=image.bytes,
    )


def _failure(job: Job) -> Failure | None:
    if job.failure is None:
        return None
    return Failure(
        code=Code.RENDER_FAILED.value, reason=job.failure.code, detail=job.failure.detail
    )


def _rejection(job: Job) -> Rejection | None:
    if job.rejection is None or job.quota is None:
        return None
    return Rejection(
        rule=job.rejection.rule,
        reason=job.rejection.reason,
        used=job.quota.used,
        limit=job.quota.limit,
        limit_normally=job.quota.limit_normally,
        window_seconds=job.quota.window_seconds,
        resets_at=job.rejection.resets_at,
        retry_at=job.rejection.retry_at,
        offers=list(job.rejection.offers),
    )


def _links(here: Gateway, job: Job) -> Links:
    own = f"{here.settings.public_url}/v1/jobs/{job.id}"
    return Links(self=own, cancel=f"{own}/cancel", events=here.settings.events_url)
