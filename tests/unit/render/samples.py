"""Jobs, models and claims as the tests of render need them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.contracts import AccountId, Catalogue, ImageRef, JobId, JobSpec, Lane, ModelEntry
from services.contracts.catalogue import Range, Size
from services.contracts.events import JobAdmitted, JobCancelRequested, QuotaFacts, WorkerPhase
from services.render.core import (
    Claim,
    Entry,
    RetryPolicy,
    Running,
    Waiting,
    WorkerRecord,
    admit,
    claim,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
POLICY = RetryPolicy()

EMBER = ModelEntry(
    id="ember",
    title="Ember",
    path="ember",
    sizes=(Size(width=128, height=128),),
    steps=Range(minimum=1, maximum=50, default=20),
    guidance=Range(minimum=0, maximum=20, default=4),
    licence="Apache-2.0",
)
SLOW = EMBER.model_copy(update={"id": "slow"})
CATALOGUE = Catalogue(models=(EMBER, SLOW))

_numbers = count(1)


def account_id(number: int = 1) -> AccountId:
    return AccountId(f"acc_{number:032x}")


def job_id(number: int | None = None) -> JobId:
    return JobId(f"job_{number or next(_numbers):032x}")


def spec(**changes: Any) -> JobSpec:
    base = JobSpec(
        model="ember",
        prompt="a red fox",
        width=128,
        height=128,
        steps=10,
        guidance=4.0,
        seed=7,
    )
    return base.model_copy(update=changes)


def admission(
    job: JobId | None = None,
    *,
    account: AccountId | None = None,
    lane: Lane = Lane.FREE,
    start_by: datetime | None = None,
    at: datetime = NOW,
    **changes: Any,
) -> JobAdmitted:
    return JobAdmitted(
        at=at,
        account=account or account_id(),
        job=job or job_id(),
        lane=lane,
        spec=spec(**changes),
        quota=QuotaFacts(
            plan="free", window_seconds=86_400, limit=3, limit_normally=3, used=0, units=1
        ),
        start_by=start_by,
    )


def cancellation(job: JobId, *, account: AccountId | None = None) -> JobCancelRequested:
    return JobCancelRequested(at=NOW, account=account or account_id(), job=job)


def waiting(admitted: JobAdmitted | None = None, *, ticket: float = 0.0) -> Waiting:
    change = admit(
        None, admitted or admission(), model=EMBER, ticket=ticket, traceparent=None, now=NOW
    )
    assert change is not None
    assert isinstance(change.state, Waiting)
    return change.state


def running(
    entry: Entry, job: JobId, *, worker: str = "w1", now: datetime = NOW
) -> tuple[Running, Claim]:
    change = claim(entry, job, worker, now, LEASE)
    assert change is not None
    assert isinstance(change.state, Running)
    return change.state, Claim(job=job, worker=worker, attempt=change.state.tries.claims)


def image(index: int = 0) -> ImageRef:
    return ImageRef(
        index=index,
        blob=f"images/some/{index}.png",
        sha256="0" * 64,
        bytes=10,
        width=128,
        height=128,
        seed=7 + index,
    )


def worker_record(**changes: Any) -> WorkerRecord:
    """Of a worker of the default pool that is ready and draws nothing."""
    ready = WorkerRecord(
        pool="default",
        fleet="0",
        pid=1,
        phase=WorkerPhase.READY,
        beat=1,
        running=0,
        slots=1,
        started_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    return replace(ready, **changes)
