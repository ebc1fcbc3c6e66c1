"""What a webhook and a push say."""

import json
from dataclasses import replace
from datetime import datetime

from services.contracts import DeliveryId, Envelope, Event, EventId, JobId
from services.notify.core import LiveNotice, Notification
from services.notify.core.delivery import KEPT, Channel, Delivery
from services.notify.core.endpoint import Endpoint

__all__ = ["body_of", "delivery_of", "limits_delivery"]

_SHORT = ("job", "status")
"""A push tells little, and where to look for more: services take 4 KB of it."""


def body_of(type_: str, at: datetime, data: dict[str, object]) -> str:
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": type_, "timestamp": moment, "data": data}, separators=(",", ":"))


def delivery_of(endpoint: Endpoint, notification: Notification, now: datetime) -> Delivery:
    """Due at once. A webhook says what the same event says on every stream."""
    notice, channel = notification.notice, endpoint.channel
    facts = notice.facts
    if channel is Channel.WEB_PUSH:
        facts = {name: facts[name] for name in _SHORT if name in facts}
    data = {"sequence": notification.sequence, "href": notice.href, **facts}
    body = body_of(notice.type, notice.at, data)
    return replace(
        _delivery(endpoint, notice.event, notice.type, body, now, sequence=notification.sequence),
        traceparent=notice.traceparent,
        topic=_topic(notice.job) if notice.job and channel is Channel.WEB_PUSH else None,
    )


def limits_delivery(
    endpoint: Endpoint, envelope: Envelope[Event], news: LiveNotice, now: datetime
) -> Delivery:
    """Due at once. It has no place in any feed: it is no account's own."""
    body = body_of(news.type, envelope.data.at, {"href": "/v1/limits", **news.facts})
    return _delivery(endpoint, envelope.id, news.type, body, now)


def _delivery(
    endpoint: Endpoint,
    event: EventId,
    type_: str,
    body: str,
    now: datetime,
    *,
    sequence: int | None = None,
) -> Delivery:
    return Delivery(
        id=DeliveryId.of(endpoint.id, event),
        endpoint=endpoint.id,
        account=endpoint.account,
        event=event,
        sequence=sequence,
        type=type_,
        body=body,
        created_at=now,
        expires_at=now + KEPT[endpoint.channel],
        next_at=now,
        place=Delivery.place_of(now, sequence, event),
    )


def _topic(job: JobId) -> str:
    """At most 32 characters of base64url: RFC 8030, section 5.4."""
    return job.removeprefix(f"{JobId.prefix}_")
