"""A batch as it is asked for, and as its account reads it."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from services.contracts import BatchId
from services.contracts.events import Rule
from services.gateway.api.context import Gateway
from services.gateway.api.job_body import JobBody
from services.gateway.api.job_request import RenderRequest
from services.gateway.core.batch import MOST_PROMPTS, Batch, ItemStatus

__all__ = ["BatchBody", "BatchItem", "BatchItems", "BatchList", "BatchRequest", "batch_body"]

_DAY = 24.0
_WEEK = 168.0


class BatchRequest(RenderRequest):
    """One job for each prompt; what else is said holds for all of them."""

    prompts: list[str] = Field(
        min_length=1,
        max_length=MOST_PROMPTS,
        description=f"What to draw: 1 to {MOST_PROMPTS}. Each begins with the seed after those of "
        "the one before.",
        examples=[["a red fox", "a blue fox"]],
    )
    hours: float = Field(
        _DAY,
        gt=0,
        le=_WEEK,
        description="What has not begun by then is given up, and costs nothing: up to 168.",
    )

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.hours)


class Counts(BaseModel):
    waiting: int = Field(description="No job yet.")
    open: int = Field(description="A job without an end.")
    completed: int
    rejected: int = Field(description="The limits left no room in time.")
    failed: int
    cancelled: int


class Held(BaseModel):
    """Quota rejected the last job: until then no other is asked for."""

    until: datetime
    rule: Rule
    reason: str


class BatchLinks(BaseModel):
    self: str
    items: str
    cancel: str


class BatchBody(BaseModel):
    id: BatchId
    object: str = "batch"
    status: str = Field(examples=["running"], description="running, cancelling or ended.")
    total: int
    counts: Counts
    progress: float = Field(description="The share that has ended, 0 to 1.")
    units: int = Field(description="What each prompt counts on the plan's quota.")
    model: str
    held: Held | None
    created_at: datetime
    give_up_at: datetime
    ended_at: datetime | None
    expires_at: datetime = Field(description="When the batch is forgotten.")
    links: BatchLinks


class BatchList(BaseModel):
    object: str = "list"
    data: list[BatchBody]
    has_more: bool
    next_cursor: str | None


class BatchItem(BaseModel):
    index: int = Field(description="Of the prompt, from 0.")
    status: ItemStatus
    detail: str | None = Field(description="Why it came to nothing, where there is no job.")
    job: JobBody | None


class BatchItems(BaseModel):
    object: str = "list"
    data: list[BatchItem]
    has_more: bool
    next_cursor: str | None


def batch_body(here: Gateway, batch: Batch) -> BatchBody:
    counts, total = batch.counts, len(batch.items)
    ended = sum(count for status, count in counts.items() if status.is_end)
    own = f"{here.settings.public_url}/v1/batches/{batch.id}"
    return BatchBody(
        id=batch.id,
        status=_status(batch),
        total=total,
        counts=Counts(**{status.value: counts[status] for status in ItemStatus}),
        progress=ended / total,
        units=batch.units,
        model=batch.spec.model,
        held=Held(**vars(batch.held)) if batch.held else None,
        created_at=batch.created_at,
        give_up_at=batch.give_up_at,
        ended_at=batch.ended_at,
        expires_at=batch.expires_at,
        links=BatchLinks(self=own, items=f"{own}/items", cancel=f"{own}/cancel"),
    )


def _status(batch: Batch) -> str:
    if batch.ended_at:
        return "ended"
    return "cancelling" if batch.cancel_requested_at else "running"
