"""A browser's half of Web Push: keys of its own, and what it makes of what arrives."""

import json
import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.notify.core.endpoint import PushKeys
from services.notify.core.subscription import decoded

__all__ = ["Browser", "encoded", "vapid_claims"]


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Browser:
    endpoint: str = "https://updates.push.services.mozilla.com/wpush/v2/abc"
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def keys(self) -> PushKeys:
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return PushKeys(encoded(point), encoded(self.auth))

    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": vars(self.keys)}

    def opened(self, body: bytes) -> Any:
        plain = http_ece.decrypt(
            body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(plain)


def vapid_claims(authorization: str, audience: str) -> dict[str, Any]:
    """Verified as a push service does, by the key that comes along (RFC 8292, section 3)."""
    parts = dict(part.strip().split("=", 1) for part in authorization[6:].split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
    claims: dict[str, Any] = jwt.decode(
        parts["t"],
        key,
        algorithms=["ES256"],
        audience=audience,
        options={"verify_exp": False},
    )
    return claims
