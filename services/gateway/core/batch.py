"""Many prompts as one order: handed out little by little, as its account's limits allow."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, BatchId, JobId, JobSpec, JobStatus, KeyId, LighterRender
from services.contracts.events import Rule
from services.gateway.core.job import Job

__all__ = [
    "MOST_PROMPTS",
    "Batch",
    "Hold",
    "Item",
    "ItemStatus",
    "cancelled",
    "given_up",
    "handed_out",
    "next_items",
    "refused",
    "settled",
    "spec_of_item",
    "stopped",
]

MOST_PROMPTS = 1000

_LOOK = timedelta(seconds=1)
_SOON = timedelta(seconds=10)
"""For rules that know no moment: other jobs fill the account's seats, for who knows how long."""

_NEVER = frozenset({Rule.REQUEST_TOO_LARGE, Rule.UNKNOWN_PLAN})
_SEEDS = 2**32


class ItemStatus(StrEnum):
    """`waiting` has no job yet; `open` has one without an end."""

    WAITING = "waiting"
    OPEN = "open"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self not in {ItemStatus.WAITING, ItemStatus.OPEN}


_AFTER = {
    JobStatus.COMPLETED: ItemStatus.COMPLETED,
    JobStatus.FAILED: ItemStatus.FAILED,
    JobStatus.CANCELLED: ItemStatus.CANCELLED,
}


@dataclass(frozen=True)
class Item:
    """One prompt. `tries`: jobs of it that quota rejected; `detail`: why it came to nothing."""

    status: ItemStatus = ItemStatus.WAITING
    job: JobId | None = None
    tries: int = 0
    detail: str | None = None


@dataclass(frozen=True)
class Hold:
    """Until when nothing is handed out, as quota rejected the last job by this rule."""

    until: datetime
    rule: Rule
    reason: str


@dataclass(frozen=True)
class Batch:
    """`spec` is every job's but for its prompt and seed; `prompts` are gone with the batch's end.

    What was not drawn by `give_up_at` is rejected. `due_at`: when to look again, while it runs.
    """

    id: BatchId
    account: AccountId
    key: KeyId
    prompts: tuple[str, ...]
    spec: JobSpec
    units: int
    digest: str
    created_at: datetime
    give_up_at: datetime
    expires_at: datetime
    items: tuple[Item, ...]
    due_at: datetime | None
    lighter: LighterRender | None = None
    allow_deferred: bool = False
    allow_degraded: bool = False
    idempotency: str | None = None
    held: Hold | None = None
    cancel_requested_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def counts(self) -> Counter[ItemStatus]:
        return Counter(item.status for item in self.items)

    @property
    def open_jobs(self) -> tuple[JobId, ...]:
        return tuple(item.job for item in self.items if _is_open(item) and item.job)


def spec_of_item(batch: Batch, index: int) -> JobSpec:
    """Seeds go on from prompt to prompt, so that no two pictures have the same."""
    seed = (batch.spec.seed + index * batch.spec.n) % _SEEDS
    return batch.spec.model_copy(update={"prompt": batch.prompts[index], "seed": seed})


def next_items(batch: Batch, at_once: int, now: datetime) -> tuple[int, ...]:
    """The next prompts to make jobs of, such that `at_once` are open."""
    if batch.cancel_requested_at or (batch.held and batch.held.until > now):
        return ()
    room = max(0, at_once - len(batch.open_jobs))
    waiting = (index for index, item in enumerate(batch.items) if item.status is ItemStatus.WAITING)
    return tuple(index for index, _ in zip(waiting, range(room), strict=False))


def handed_out(batch: Batch, made: Mapping[int, JobId]) -> Batch:
    """With these jobs. One that another replica has handed out meanwhile has the same job."""

    def taken(index: int, item: Item) -> Item:
        if item.status is not ItemStatus.WAITING or index not in made:
            return item
        return replace(item, status=ItemStatus.OPEN, job=made[index])

    return _with_items(batch, tuple(taken(index, item) for index, item in enumerate(batch.items)))


def refused(batch: Batch, details: Mapping[int, str]) -> Batch:
    """Without those prompts that no job may be made of, and why."""

    def marked(index: int, item: Item) -> Item:
        if item.status is not ItemStatus.WAITING or index not in details:
            return item
        return replace(item, status=ItemStatus.FAILED, detail=details[index])

    return _with_items(batch, tuple(marked(index, item) for index, item in enumerate(batch.items)))


def settled(
    batch: Batch, jobs: Mapping[JobId, Job], now: datetime, gone: Collection[JobId] = ()
) -> Batch:
    """The batch after what became of its jobs; its end once nothing is left to come.

    A rejected prompt waits for the moment that quota named, and the others with it: they are as
    large. Where that is too late, or never, all that wait are rejected by the same rule. `gone` are
    jobs that were deleted before anybody looked.
    """
    items = tuple(_outcome(_found(item, gone), jobs) for item in batch.items)
    for job in jobs.values():
        batch = _held(batch, job, now)
    batch = _with_items(batch, items)
    if batch.cancel_requested_at:
        batch = stopped(batch, ItemStatus.CANCELLED, "The batch was cancelled.")
    elif now >= batch.give_up_at:
        batch = given_up(batch)
    return _scheduled(batch, now)


def cancelled(batch: Batch, now: datetime) -> Batch:
    """With the wish to cancel it, to be seen to at once; the same batch where there is no use."""
    if batch.ended_at or batch.cancel_requested_at:
        return batch
    return replace(batch, cancel_requested_at=now, due_at=now)


def given_up(batch: Batch) -> Batch:
    reason = batch.held.reason if batch.held else "Its time is over."
    return stopped(batch, ItemStatus.REJECTED, reason)


def stopped(batch: Batch, status: ItemStatus, detail: str) -> Batch:
    """No prompt waits any more; open jobs go on."""

    def ended(item: Item) -> Item:
        if item.status is not ItemStatus.WAITING:
            return item
        return replace(item, status=status, detail=detail)

    return _with_items(batch, tuple(ended(item) for item in batch.items))


def _is_open(item: Item) -> bool:
    return item.status is ItemStatus.OPEN


def _with_items(batch: Batch, items: tuple[Item, ...]) -> Batch:
    return batch if items == batch.items else replace(batch, items=items)


def _found(item: Item, gone: Collection[JobId]) -> Item:
    if item.job not in gone or not _is_open(item):
        return item
    return replace(item, status=ItemStatus.CANCELLED, detail="The job was deleted.")


def _outcome(item: Item, jobs: Mapping[JobId, Job]) -> Item:
    job = jobs.get(item.job) if item.job and _is_open(item) else None
    if job is None or not job.status.is_end:
        return item
    if job.status is JobStatus.REJECTED:
        return Item(tries=item.tries + 1)
    detail = job.failure.detail if job.failure else None
    return replace(item, status=_AFTER[job.status], detail=detail)


def _held(batch: Batch, job: Job, now: datetime) -> Batch:
    if job.status is not JobStatus.REJECTED or job.rejection is None:
        return batch
    told = job.rejection
    until = batch.give_up_at if told.rule in _NEVER else told.retry_at or now + _SOON
    if batch.held and batch.held.until >= until:
        return batch
    return replace(batch, held=Hold(until, told.rule, told.reason))


def _scheduled(batch: Batch, now: datetime) -> Batch:
    held = batch.held if batch.held and batch.held.until > now else None
    batch = replace(batch, held=held)
    if held and held.until >= batch.give_up_at:
        batch = given_up(batch)
    if all(item.status.is_end for item in batch.items):
        return replace(batch, ended_at=now, due_at=None, prompts=(), held=None)
    if batch.open_jobs or held is None:
        return replace(batch, due_at=now + _LOOK)
    return replace(batch, due_at=held.until)
