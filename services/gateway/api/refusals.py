"""How jobs that gave no picture are told."""

from datetime import datetime
from typing import Any

from services.contracts import JobStatus
from services.gateway.core.headers import QuotaView, quota_headers
from services.gateway.core.job import Job
from services.gateway.core.refusal import Refusal, refusal
from services.kit.errors import Unavailable
from services.kit.http import ApiError, Code, from_unavailable

__all__ = ["content_refused", "not_completed", "rejected"]

_FINAL = {"x-should-retry": "false"}


def not_completed(job: Job, now: datetime, away: Unavailable | None) -> ApiError:
    """Why a job gave no picture to the call that waited for it; `away` is what may hold it up.

    Render has tried a failed job again already, so a client's own retry would change nothing.
    """
    match job.status:
        case JobStatus.REJECTED:
            return rejected(job, now)
        case JobStatus.FAILED if job.failure and job.failure.categories:
            return content_refused("output", job.failure.categories, job=str(job.id))
        case JobStatus.FAILED:
            failure = str(job.failure.code) if job.failure else None
            detail = "The image could not be drawn. It did not count against your quota."
            return ApiError(
                Code.RENDER_FAILED, detail, headers=_FINAL, job=str(job.id), failure=failure
            )
        case JobStatus.CANCELLED:
            detail = "The job was cancelled."
            return ApiError(Code.JOB_CANCELLED, detail, headers=_FINAL, job=str(job.id))
        case _:
            return _not_yet(job, away)


def content_refused(stage: str, categories: tuple[str, ...], **facts: Any) -> ApiError:
    """`stage`: `input` for a prompt, `output` for what was drawn. Neither counts."""
    what = "prompt" if stage == "input" else "picture"
    detail = f"Your request was rejected by the safety system: the {what} is not allowed here."
    told = {"moderation_stage": stage, "categories": list(categories)}
    return ApiError(Code.CONTENT_REFUSED, detail, headers=_FINAL, moderation_details=told, **facts)


def _not_yet(job: Job, away: Unavailable | None) -> ApiError:
    detail = f"The image is not ready yet. The job goes on: GET /v1/jobs/{job.id}."
    facts: dict[str, Any] = {"job": str(job.id), "job_status": job.status.value}
    if away is not None:
        return from_unavailable(away, detail, **facts)
    return ApiError(Code.RENDER_TIMEOUT, detail, retry_after=1, **facts)


def rejected(job: Job, now: datetime) -> ApiError:
    """Quota's refusal with its arithmetic, and whether a client should come back by itself."""
    told = refusal(job, now)
    return ApiError(
        Code.named(told.code.value),
        told.rejection.reason,
        headers=_headers(told, now),
        retry_after=told.retry_after,
        job=str(job.id),
        rule=told.rejection.rule.value,
        plan=told.quota.plan,
        units=told.quota.units,
        used=told.quota.used,
        limit=told.quota.limit,
        limit_normally=told.quota.limit_normally,
        window_seconds=told.quota.window_seconds,
        resets_at=_iso(told.rejection.resets_at),
        retry_at=_iso(told.rejection.retry_at),
        offers=[offer.value for offer in told.rejection.offers],
    )


def _headers(told: Refusal, now: datetime) -> dict[str, str]:
    resets_at = told.rejection.resets_at
    view = QuotaView.of(told.quota, granted=False, resets_at=resets_at, now=now)
    return {**quota_headers(view), "x-should-retry": "true" if told.again else "false"}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
