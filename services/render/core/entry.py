"""A job's place in the render queue: the one document that decides its attempts and its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import Field

from services.contracts import AccountId, JobId, JobSpec, JobStatus, Lane
from services.contracts.retention import longest_replay
from services.kit.documents import CollectionSpec, Index

__all__ = [
    "QUEUE",
    "RETENTION",
    "Claim",
    "Ended",
    "Entry",
    "Order",
    "Phase",
    "Running",
    "Tombstone",
    "Tries",
    "Waiting",
    "ended",
    "held",
    "line_of",
]

RETENTION = longest_replay()
"""How long an end is remembered: longer than any admission can be delivered again."""


class Phase(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    TOMBSTONE = "tombstone"


_SUSPECT_FROM = 2


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was admitted and its place among the others of its lane."""

    account: AccountId
    lane: Lane
    pool: str
    spec: JobSpec
    cost: float
    ticket: float
    queued_at: datetime
    traceparent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tries:
    """`claims` numbers the attempts and is the fencing token: it only grows.

    `spent` counts the attempts that speak against the job, `crashes` those that took a process
    with them, and `reasons` says how each of them ended.
    """

    claims: int = 0
    spent: int = 0
    crashes: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def suspect(self) -> bool:
        """It was there each time: drawn alone, it can't take others with it once more."""
        return self.crashes >= _SUSPECT_FROM


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """In the line of its pool and lane, drawn no earlier than `not_before`."""

    order: Order
    line: str
    not_before: datetime
    start_by: datetime | None = None
    tries: Tries = Tries()
    phase: Literal[Phase.WAITING] = Phase.WAITING


@dataclass(frozen=True, kw_only=True)
class Running:
    """Claimed: it belongs to `worker` until someone sees that the lease has run out."""

    order: Order
    worker: str
    since: datetime
    lease_until: datetime
    tries: Tries
    cancel_requested: bool = False
    phase: Literal[Phase.RUNNING] = Phase.RUNNING


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Final. The spec, and with it the prompt, is gone."""

    account: AccountId
    lane: Lane
    status: JobStatus
    claims: int
    expires_at: datetime
    phase: Literal[Phase.ENDED] = Phase.ENDED


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """Cancelled before its admission was heard of."""

    account: AccountId
    expires_at: datetime
    phase: Literal[Phase.TOMBSTONE] = Phase.TOMBSTONE


Entry = Waiting | Running | Ended | Tombstone


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One worker's hold on one job: the attempt's number is what fences a late result."""

    job: JobId
    worker: str
    attempt: int


def held(entry: Entry | None, claim: Claim) -> Running | None:
    """The entry, where it is still this very attempt's."""
    match entry:
        case Running(worker=claim.worker, tries=Tries(claims=claim.attempt)):
            return entry
        case _:
            return None


def ended(entry: Running | Waiting, status: JobStatus, now: datetime) -> Ended:
    return Ended(
        account=entry.order.account,
        lane=entry.order.lane,
        status=status,
        claims=entry.tries.claims,
        expires_at=now + RETENTION,
    )


def line_of(pool: str, lane: Lane) -> str:
    return f"{pool}/{lane}"


QUEUE: CollectionSpec[Entry] = CollectionSpec(
    "queue",
    # A union is a type to pydantic, though not to the type checker.
    cast("type[Entry]", Annotated[Entry, Field(discriminator="phase")]),
    indexes=(
        # Not sparse: a partial index serves no query of SecantusDB, which reads all documents then.
        Index(("line", "order.ticket")),
        Index(("worker",)),
        Index(("lease_until",)),
        Index(("start_by",)),
        Index(("account",)),
        Index(("order.account",)),
        Index(("expires_at",), expire_after=timedelta(0)),
    ),
)
