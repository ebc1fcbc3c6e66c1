"""What one attempt sends: signed for a webhook, encrypted for a browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notify.core.delivery import Delivery
from services.notify.core.endpoint import Endpoint
from services.notify.deliveries.signing import signed
from services.notify.deliveries.vapid import Vapid
from services.notify.deliveries.web_push import encrypted, push_headers

__all__ = ["Packer", "Parcel"]


@dataclass(frozen=True)
class Parcel:
    headers: Mapping[str, str]
    body: bytes


class Packer:
    def __init__(self, vapid: Vapid) -> None:
        self._vapid = vapid

    def pack(
        self, endpoint: Endpoint, delivery: Delivery, now: datetime, traceparent: str | None
    ) -> Parcel:
        """A push service is told nothing of our traces."""
        body = delivery.body.encode()
        if endpoint.push:
            headers = push_headers(delivery, endpoint.url, self._vapid, now)
            return Parcel(headers, encrypted(body, endpoint.push))
        signers = endpoint.signers(now)
        return Parcel(signed(delivery.event, delivery.body, signers, now, traceparent), body)
