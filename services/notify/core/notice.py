"""Which events become news for an account, and what the news says."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.contracts import (
    AccountId,
    Envelope,
    Event,
    EventId,
    ImageRef,
    JobId,
    Rank,
    job_rank,
    job_status,
)
from services.contracts.events import (
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
    LimitsChanged,
    UsageChanged,
)
from services.contracts.jobs import JobStatus
from services.notify.core.endpoint import Endpoint

__all__ = ["LiveNotice", "Notice", "Notification", "live_notice", "notice", "webhook_disabled"]

Facts = dict[str, Any]

_NONE: Rank = (0, 0, 0, 0)

_JobNews = (
    JobAdmitted
    | JobRejected
    | JobQueued
    | JobStarted
    | JobRequeued
    | JobDeferred
    | JobCompleted
    | JobFailed
    | JobCancelled
)


@dataclass(frozen=True)
class Notice:
    """News that is kept until its retention ends: one per event that an account should know.

    Of a job, whose older news comes after newer never; or of a webhook, which `facts` names.
    """

    event: EventId
    account: AccountId
    job: JobId | None
    type: str
    at: datetime
    rank: Rank
    facts: Facts
    traceparent: str | None = None

    @property
    def is_end(self) -> bool:
        """Whether its job comes to no further news."""
        return self.job is not None and JobStatus(self.facts["status"]).is_end

    @property
    def href(self) -> str:
        """Where there is more of it."""
        return f"/v1/jobs/{self.job}" if self.job else f"/v1/webhooks/{self.facts['webhook']}"


@dataclass(frozen=True)
class Notification:
    """A notice with its place in the account's feed; sequences begin at 1 and have no gaps."""

    sequence: int
    notice: Notice


@dataclass(frozen=True)
class LiveNotice:
    """News for whoever listens right now; never stored, without a place in the feed.

    Meant for one account, or for everybody on a plan.
    """

    type: str
    facts: Facts
    account: AccountId | None = None
    plan: str | None = None


def notice(envelope: Envelope[Event]) -> Notice | None:
    """What an event is to its account's feed; none for events that nobody is told of."""
    event = envelope.data
    rank, status = job_rank(event), job_status(event)
    if not isinstance(event, _JobNews) or rank is None or status is None:
        return None
    return Notice(
        event=envelope.id,
        account=event.account,
        job=event.job,
        type=f"job.{_words(type(event).__name__.removeprefix('Job'))}",
        at=event.at,
        rank=rank,
        facts={"job": event.job, "status": status.value, **_facts(event)},
        traceparent=envelope.traceparent,
    )


def webhook_disabled(endpoint: Endpoint) -> Notice | None:
    """News of an endpoint that is told no more; none for one that still is. Once, whoever tells."""
    if endpoint.disabled_at is None:
        return None
    return Notice(
        event=EventId.of(endpoint.id, endpoint.disabled_at.isoformat()),
        account=endpoint.account,
        job=None,
        type="webhook.disabled",
        at=endpoint.disabled_at,
        rank=_NONE,
        facts={"webhook": endpoint.id, "because": endpoint.disabled_because},
    )


def live_notice(event: Event) -> LiveNotice | None:
    """What an event is to those who listen now; none for all that has its place in a feed."""
    match event:
        case JobProgressed():
            facts = event.model_dump(mode="json", exclude={"account", "preview", "at"})
            # Where it lies is nobody's business outside: gateway hands it out by the job.
            facts["preview"] = event.preview is not None
            return LiveNotice("job.progressed", facts, account=event.account)
        case UsageChanged():
            facts = event.model_dump(mode="json", include={"plan", "grants"})
            return LiveNotice("usage.changed", facts, account=event.account)
        case LimitsChanged():
            facts = event.model_dump(mode="json", exclude={"at"}, exclude_none=True)
            return LiveNotice("limits.changed", facts, plan=event.plan)
        case _:
            return None


def _facts(event: _JobNews) -> Facts:
    match event:
        case JobAdmitted():
            return event.model_dump(mode="json", include={"lane", "quota", "expected_at"})
        case JobRejected():
            return event.model_dump(
                mode="json", include={"rule", "reason", "quota", "resets_at", "retry_at", "offers"}
            )
        case JobQueued():
            return {"lane": event.lane.value, "pool": event.pool}
        case JobStarted():
            return {"attempt": event.attempt}
        case JobRequeued():
            return event.model_dump(mode="json", include={"attempt", "reason", "not_before"})
        case JobDeferred():
            return event.model_dump(mode="json", include={"reason", "expected_at"})
        case JobCompleted():
            images = [_picture(image) for image in event.images]
            return {"attempt": event.attempt, "seconds": event.seconds, "images": images}
        case JobFailed():
            return {"code": event.code.value, "detail": event.detail}
        case JobCancelled():
            return {}


def _picture(image: ImageRef) -> Facts:
    """A picture without its key in the blob store, which is nobody's business outside."""
    return image.model_dump(mode="json", exclude={"blob"})


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
