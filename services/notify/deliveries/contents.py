"""What a webhook and a push say."""

import json
from datetime import datetime

from services.contracts import DeliveryId, JobId
from services.notify.core import Notification
from services.notify.core.delivery import KEPT, Channel, Delivery
from services.notify.core.endpoint import Endpoint

__all__ = ["body_of", "delivery_of"]

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
    return Delivery(
        id=DeliveryId.of(endpoint.id, notice.event),
        endpoint=endpoint.id,
        account=endpoint.account,
        event=notice.event,
        sequence=notification.sequence,
        type=notice.type,
        body=body_of(notice.type, notice.at, data),
        created_at=now,
        expires_at=now + KEPT[channel],
        traceparent=notice.traceparent,
        next_at=now,
        topic=_topic(notice.job) if notice.job and channel is Channel.WEB_PUSH else None,
    )


def _topic(job: JobId) -> str:
    """At most 32 characters of base64url: RFC 8030, section 5.4."""
    return job.removeprefix(f"{JobId.prefix}_")
