"""What one attempt sends: signed for a webhook, encrypted for a browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notify.core.delivery import Delivery
from services.notify.core.endpoint import Endpoint
from services.notify.deliveries.signing import signed
from services.notify.deliveries.vapid import Vapid
from services.notify.deliveries.web_push import encrypted, push_headers
from services.notify.sealing import Sealer

__all__ = ["Packer", "Parcel"]


@dataclass(frozen=True)
class Parcel:
    headers: Mapping[str, str]
    body: bytes


class Packer:
    def __init__(self, vapid: Vapid, sealer: Sealer) -> None:
        self._vapid = vapid
        self._sealer = sealer

    def pack(
        self, endpoint: Endpoint, delivery: Delivery, now: datetime, traceparent: str | None
    ) -> Parcel:
        """A push service is told nothing of our traces. Raises Unsealable."""
        body = delivery.body.encode()
        if endpoint.push:
            headers = push_headers(delivery, endpoint.url, self._vapid, now)
            return Parcel(headers, encrypted(body, endpoint.push))
        signers = [self._sealer.unseal(one) for one in endpoint.signers(now)]
        return Parcel(signed(delivery.event, delivery.body, signers, now, traceparent), body)
