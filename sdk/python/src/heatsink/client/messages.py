"""What comes in by webhooks, and what goes out to Kafka."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

__all__ = ["Message", "submission", "verify_webhook"]


@dataclass(frozen=True)
class Message:
    """For any Kafka producer: topic, key, value and headers of one record."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def verify_webhook(body: bytes, headers: Mapping[str, str], secret: str) -> dict[str, Any]:
    """The event in it. Raises standardwebhooks.webhooks.WebhookVerificationError."""
    event: dict[str, Any] = Webhook(secret).verify(body, dict(headers))
    return event


def submission(
    account: str, token: str, id: str, prompt: str, *, prefix: str = "heatsink", **options: Any
) -> Message:
    """A job for Kafka. `id` is yours: sent twice, it is one job.

    `account` and `token` are from `POST /v1/submission-tokens`, `options` as of `JobSubmitted`.
    """
    said = {
        "at": datetime.now(UTC).isoformat(),
        "account": account,
        "token": token,
        "submission": id,
        "prompt": prompt,
        **options,
    }
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": f"evt_{uuid.uuid4().hex}",
        "ce_type": "heatsink.submissions.JobSubmitted.v1",
        "ce_source": "/heatsink-client",
        "content-type": "application/json",
    }
    return Message(
        topic=f"{prefix}.submissions.v1",
        key=account.encode(),
        value=json.dumps(said).encode(),
        headers=tuple((name, value.encode()) for name, value in attributes.items()),
    )
