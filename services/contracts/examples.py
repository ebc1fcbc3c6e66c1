"""One full example of every event: the golden files and the documents are made from these."""

from datetime import UTC, datetime, timedelta
from zlib import crc32

from pydantic import SecretStr

from services.contracts import events as e
from services.contracts.envelope import Envelope
from services.contracts.event import Event
from services.contracts.ids import AccountId, EventId, JobId, KeyId, SubmissionId
from services.contracts.jobs import ImageRef, JobSpec, Lane, Origin
from services.contracts.streams import STREAMS

__all__ = ["example_envelopes", "example_events"]

_AT = datetime(2026, 3, 25, 18, 0, 0, 125_000, tzinfo=UTC)
_ACCOUNT = AccountId("acc_0195cf1e3c0070008000000000000001")
_JOB = JobId("job_0195cf1e3c7d70008000000000000002")
_SUBMISSION = SubmissionId("order-4711/picture-1")
_SPEC = JobSpec(
    model="ember",
    prompt="a red fox, 3d",
    negative_prompt="blurry",
    n=2,
    width=128,
    height=128,
    steps=20,
    guidance=2.5,
    seed=42,
)
_FACTS = e.QuotaFacts(
    plan="free",
    window_seconds=86_400,
    limit=3,
    limit_normally=3,
    used=1,
    units=2,
    m=1.0,
    limits_version=7,
)


def _later(**parts: float) -> datetime:
    return _AT + timedelta(**parts)


def _entrance() -> tuple[Event, ...]:
    return (
        e.AccountChanged(
            at=_AT,
            account=_ACCOUNT,
            version=2,
            plan="free",
            keys=(
                e.KeyGrant(
                    id=KeyId("key_a1b2c3d4"),
                    secret_hash="0" * 64,
                    scopes=(e.Scope.JOBS_READ, e.Scope.JOBS_WRITE),
                    expires_at=_later(days=365),
                ),
            ),
        ),
        e.AccountForgotten(at=_AT, account=_ACCOUNT),
        e.AccountErased(at=_AT, account=_ACCOUNT, service="quota"),
        e.JobSubmitted(
            at=_AT,
            account=_ACCOUNT,
            submission=_SUBMISSION,
            token=SecretStr("account-token"),
            prompt="a red fox, 3d",
            n=2,
            size="128x128",
            seed=42,
        ),
        e.CancelSubmitted(
            at=_AT,
            account=_ACCOUNT,
            submission=SubmissionId("order-4711/cancel"),
            token=SecretStr("account-token"),
            cancels=_SUBMISSION,
        ),
    )


def _requests() -> tuple[Event, ...]:
    return (
        e.JobRequested(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            plan="free",
            account_version=2,
            spec=_SPEC,
            units=2,
            origin=Origin.KAFKA,
            submission=_SUBMISSION,
            start_by=_later(hours=1),
        ),
        e.SubmissionRefused(
            at=_AT,
            account=_ACCOUNT,
            submission=_SUBMISSION,
            code="out_of_range",
            detail="n must lie in 1..10",
        ),
        e.JobCancelRequested(at=_AT, account=_ACCOUNT, job=_JOB),
    )


def _decisions() -> tuple[Event, ...]:
    return (
        e.JobAdmitted(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            lane=Lane.FREE,
            spec=_SPEC,
            quota=_FACTS,
            start_by=_later(hours=1),
        ),
        e.JobRejected(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            rule=e.Rule.WINDOW,
            reason="You have used 3 of 3 images of the last 24 hours.",
            quota=_FACTS.model_copy(update={"used": 3}),
            resets_at=_later(hours=20),
            retry_at=_later(hours=3),
        ),
    )


def _limits() -> tuple[Event, ...]:
    return (
        e.UsageChanged(
            at=_AT,
            account=_ACCOUNT,
            version=4,
            plan="free",
            grants=(
                e.GrantInUse(
                    job=_JOB, units=2, granted_at=_AT, leaves_at=_later(days=1), open=True
                ),
            ),
            hash_offset=0.25,
        ),
        e.UsageForgotten(at=_AT, account=_ACCOUNT),
        e.LimitsChanged(
            at=_AT,
            plan="free",
            pool="default",
            version=7,
            images=3,
            window_seconds=86_400,
            concurrency=2,
            adaptive=True,
            m=0.5,
            heat=e.Heat.HOT,
            rule="load",
            cause="Free pictures wait 4 minutes; the promise is 2.",
            since=_AT,
            expected_end=_later(minutes=40),
            expected_end_latest=_later(hours=2),
        ),
        e.DemandReported(
            at=_AT, pool="default", fence=3, offered={Lane.PAID: 1.5, Lane.FREE: 12.0}
        ),
    )


def _rendering() -> tuple[Event, ...]:
    return (
        e.JobQueued(
            at=_AT, account=_ACCOUNT, job=_JOB, lane=Lane.FREE, pool="default", ticket=12.5
        ),
        e.JobStarted(at=_AT, account=_ACCOUNT, job=_JOB, attempt=1, worker="render-0/0"),
        e.JobRequeued(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            attempt=1,
            reason="worker_lost",
            not_before=_later(seconds=5),
        ),
        e.JobDeferred(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            attempt=1,
            reason="The fleet is hot; drawn when it cools.",
            expected_at=_later(hours=2),
        ),
        e.JobProgressed(
            at=_AT, account=_ACCOUNT, job=_JOB, attempt=2, step=5, steps=20, seconds_left=0.75
        ),
    )


def _ends() -> tuple[Event, ...]:
    image = ImageRef(
        index=0,
        blob=f"images/{_JOB}/1-0.png",
        sha256="ab" * 32,
        bytes=23_456,
        width=128,
        height=128,
        seed=42,
    )
    return (
        e.JobCompleted(
            at=_AT, account=_ACCOUNT, job=_JOB, attempt=2, images=(image,), seconds=1.25
        ),
        e.JobFailed(
            at=_AT,
            account=_ACCOUNT,
            job=_JOB,
            attempt=3,
            code=e.FailureCode.POISON,
            detail="Three attempts ended without a picture.",
        ),
        e.JobCancelled(at=_AT, account=_ACCOUNT, job=_JOB, attempt=1),
    )


def _heat() -> tuple[Event, ...]:
    return (
        e.LoadReported(
            at=_AT,
            pool="default",
            reporter="render-0",
            fence=3,
            capacity=0.625,
            workers=(
                e.WorkerLoad(id="render-0/0", phase=e.WorkerPhase.READY, running=1),
                e.WorkerLoad(
                    id="render-0/1",
                    phase=e.WorkerPhase.STARTING,
                    running=0,
                    expected_at=_later(seconds=8),
                ),
            ),
            lanes=(
                e.LaneLoad(
                    lane=Lane.FREE,
                    waiting=12,
                    backlog=7.5,
                    head_ticket=11.0,
                    drain_rate=0.5,
                    wait_seconds=15.0,
                ),
            ),
            running=1,
            heat=e.Heat.WARM,
        ),
    )


def example_events() -> tuple[Event, ...]:
    return (
        *_entrance(),
        *_requests(),
        *_decisions(),
        *_limits(),
        *_rendering(),
        *_ends(),
        *_heat(),
    )


def example_envelopes() -> tuple[Envelope[Event], ...]:
    """Every example as it travels, with ids that never change."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    return tuple(
        Envelope(
            id=EventId(f"evt_0195cf1e3c7d700080000000{crc32(event.type().encode()):08x}"),
            source=STREAMS[event.stream].writers[0],
            data=event,
            traceparent=trace,
        )
        for event in example_events()
    )
