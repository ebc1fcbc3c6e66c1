"""What a webhook says, and its signature (Standard Webhooks)."""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from services.contracts import DeliveryId
from services.notify.core import Notification
from services.notify.core.delivery import Delivery
from services.notify.core.endpoint import Endpoint

__all__ = ["body_of", "delivery_of", "new_secret", "signed"]

_SECRET_BYTES = 32


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def body_of(type_: str, at: datetime, data: dict[str, object]) -> str:
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": type_, "timestamp": moment, "data": data}, separators=(",", ":"))


def delivery_of(
    endpoint: Endpoint, notification: Notification, now: datetime, kept: timedelta
) -> Delivery:
    """Due at once. It says what the same event says on every channel."""
    notice = notification.notice
    data = {"sequence": notification.sequence, "href": f"/v1/jobs/{notice.job}", **notice.facts}
    return Delivery(
        id=DeliveryId.of(endpoint.id, notice.event),
        endpoint=endpoint.id,
        account=endpoint.account,
        event=notice.event,
        sequence=notification.sequence,
        type=notice.type,
        body=body_of(notice.type, notice.at, data),
        created_at=now,
        expires_at=now + kept,
        traceparent=notice.traceparent,
        next_at=now,
    )


def signed(
    id: str, body: str, signers: Sequence[str], now: datetime, traceparent: str | None = None
) -> dict[str, str]:
    """The headers of one attempt: a signature by each secret that is good at that moment."""
    moment = now.astimezone(UTC)
    headers = {
        "content-type": "application/json",
        "user-agent": "Heatsink-Webhooks/1",
        "webhook-id": id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(one).sign(id, moment, body) for one in signers),
    }
    return headers | ({"traceparent": traceparent} if traceparent else {})
