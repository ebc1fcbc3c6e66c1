"""A push as the browser's push service takes it: encrypted for that browser alone.

RFC 8030 (delivery), RFC 8188 and 8291 (encryption).
"""

from datetime import datetime

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from services.notify.core.delivery import Delivery
from services.notify.core.endpoint import PushKeys
from services.notify.core.subscription import decoded
from services.notify.deliveries.vapid import Vapid

__all__ = ["encrypted", "is_on_curve", "push_headers"]


def is_on_curve(keys: PushKeys) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(keys.p256dh))
    except ValueError:
        return False
    return True


def encrypted(body: bytes, keys: PushKeys) -> bytes:
    """By a key of its own each time."""
    sealed: bytes = http_ece.encrypt(
        body,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(keys.p256dh),
        auth_secret=decoded(keys.auth),
        version="aes128gcm",
    )
    return sealed


def push_headers(delivery: Delivery, url: str, vapid: Vapid, now: datetime) -> dict[str, str]:
    """Kept by the service as long as by us; newer news of a job takes the place of older."""
    left = max(0, int((delivery.expires_at - now).total_seconds()))
    headers = {
        "authorization": vapid.authorization(url, now),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(left),
        "urgency": "normal",
        "user-agent": "Heatsink-Push/1",
    }
    return headers | ({"topic": delivery.topic} if delivery.topic else {})
