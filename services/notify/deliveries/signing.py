"""A webhook's signature, and the secrets for it (Standard Webhooks)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

__all__ = ["new_secret", "signed"]

_SECRET_BYTES = 32


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


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
