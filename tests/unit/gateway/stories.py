"""Jobs and events as gateway's tests tell them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.contracts import AccountId, ImageRef, JobId, JobSpec, KeyId, Lane
from services.contracts.events import (
    FailureCode,
    GrantInUse,
    Heat,
    JobAdmitted,
    JobCancelled,
    JobCompleted,
    JobDeferred,
    JobFailed,
    JobProgressed,
    JobQueued,
    JobRejected,
    JobRequeued,
    JobStarted,
    LaneLoad,
    LimitsChanged,
    LoadReported,
    QuotaFacts,
    Rule,
    UsageChanged,
    WorkerLoad,
    WorkerPhase,
)
from services.gateway.core.job import Job

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCOUNT = AccountId("acc_" + "a" * 32)
OTHER = AccountId("acc_" + "b" * 32)
JOB = JobId("job_" + "1" * 32)
KEY = KeyId("key_abcd1234")
DAY = 86_400


def spec(**fields: Any) -> JobSpec:
    given: dict[str, Any] = {
        "model": "ember",
        "prompt": "a red fox",
        "width": 128,
        "height": 128,
        "steps": 20,
        "guidance": 2.5,
        "seed": 7,
    }
    return JobSpec(**(given | fields))


def job(**fields: Any) -> Job:
    given: dict[str, Any] = {
        "id": JOB,
        "account": ACCOUNT,
        "key": KEY,
        "plan": "free",
        "spec": spec(),
        "units": 1,
        "digest": "d",
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    return Job(**(given | fields))


def facts(**fields: Any) -> QuotaFacts:
    given: dict[str, Any] = {
        "plan": "free",
        "window_seconds": DAY,
        "limit": 3,
        "limit_normally": 3,
        "used": 0,
        "units": 1,
    }
    return QuotaFacts(**(given | fields))


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Story:
    """The events of one job, ready to be told in any order."""

    def __init__(self, job: JobId = JOB, account: AccountId = ACCOUNT) -> None:
        self.of: dict[str, Any] = {"account": account, "job": job}

    def admitted(self, **fields: Any) -> JobAdmitted:
        given: dict[str, Any] = {
            "at": later(1),
            "lane": Lane.FREE,
            "spec": spec(),
            "quota": facts(),
        }
        return JobAdmitted(**(given | self.of | fields))

    def rejected(self, **fields: Any) -> JobRejected:
        given: dict[str, Any] = {
            "at": later(1),
            "rule": Rule.WINDOW,
            "reason": "3 of 3 images are used.",
            "quota": facts(used=3),
            "resets_at": later(DAY),
            "retry_at": later(3600),
        }
        return JobRejected(**(given | self.of | fields))

    def queued(self, **fields: Any) -> JobQueued:
        given = {"at": later(2), "lane": Lane.FREE, "pool": "default", "ticket": 4.0}
        return JobQueued(**(given | self.of | fields))

    def started(self, attempt: int = 1) -> JobStarted:
        return JobStarted(at=later(2 + attempt), attempt=attempt, worker="w-1", **self.of)

    def step(self, step: int, attempt: int = 1, preview: str | None = None) -> JobProgressed:
        return JobProgressed(
            at=later(3 + attempt + step / 100),
            attempt=attempt,
            step=step,
            steps=20,
            seconds_left=1.0,
            preview=preview,
            **self.of,
        )

    def requeued(self, attempt: int = 1) -> JobRequeued:
        at = later(4 + attempt)
        return JobRequeued(at=at, attempt=attempt, reason="lost", not_before=at, **self.of)

    def deferred(self, attempt: int = 0) -> JobDeferred:
        return JobDeferred(at=later(3), attempt=attempt, reason="hot", **self.of)

    def completed(self, images: int = 1, attempt: int = 1) -> JobCompleted:
        made = tuple(image(index, self.of["job"]) for index in range(images))
        return JobCompleted(at=later(20), attempt=attempt, images=made, seconds=1.5, **self.of)

    def failed(self, code: FailureCode = FailureCode.RENDER_ERROR) -> JobFailed:
        return JobFailed(at=later(20), attempt=3, code=code, detail="it broke", **self.of)

    def cancelled(self) -> JobCancelled:
        return JobCancelled(at=later(20), **self.of)


def image(index: int = 0, job: JobId = JOB) -> ImageRef:
    return ImageRef(
        index=index,
        blob=f"images/{job}/{index}.png",
        sha256="0" * 64,
        bytes=4,
        width=128,
        height=128,
        seed=7 + index,
    )


def limits(**fields: Any) -> LimitsChanged:
    given: dict[str, Any] = {
        "at": NOW,
        "plan": "free",
        "pool": "default",
        "version": 1,
        "images": 3,
        "window_seconds": DAY,
        "concurrency": 1,
        "adaptive": True,
        "heat": Heat.COOL,
        "cause": "The fleet is cool.",
        "since": NOW,
    }
    return LimitsChanged(**(given | fields))


def load(*lanes: LaneLoad, **fields: Any) -> LoadReported:
    given: dict[str, Any] = {
        "at": NOW,
        "pool": "default",
        "reporter": "c",
        "fence": 1,
        "capacity": 1,
        "workers": (WorkerLoad(id="w-1", phase=WorkerPhase.READY, running=1),),
        "running": 1,
        "heat": Heat.WARM,
    }
    return LoadReported(**(given | fields), lanes=lanes)


def usage(*grants: GrantInUse, **fields: Any) -> UsageChanged:
    given: dict[str, Any] = {"at": NOW, "account": ACCOUNT, "version": 1, "plan": "free"}
    return UsageChanged(**(given | fields), grants=grants)


def grant(leaves_in: float, units: int = 1, *, open: bool = False) -> GrantInUse:
    leaves_at = later(leaves_in)
    granted_at = leaves_at - timedelta(seconds=DAY)
    return GrantInUse(job=JOB, units=units, granted_at=granted_at, leaves_at=leaves_at, open=open)
