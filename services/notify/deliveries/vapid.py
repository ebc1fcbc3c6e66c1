"""Who sends a push: a key pair of this installation, made once and kept (RFC 8292)."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.kit.documents import Change, CollectionSpec, Documents
from services.notify.sealing import Sealer

__all__ = ["VAPID", "Vapid", "VapidKey", "kept_key", "new_key"]

_ID = "vapid"
_GOOD_FOR = timedelta(hours=12)
"""Push services refuse more than 24 hours: RFC 8292, section 2."""


@dataclass(frozen=True)
class VapidKey:
    """`private` is PKCS 8 in PEM, sealed.

    Subscriptions are bound to it: who changes it loses them all.
    """

    private: str


VAPID: CollectionSpec[VapidKey] = CollectionSpec("vapid", VapidKey)


async def kept_key(documents: Documents[VapidKey], sealer: Sealer) -> VapidKey:
    """The one of the first replica that ever started. Raises Unavailable."""
    made = new_key(sealer)
    kept = await documents.change(_ID, lambda known: None if known else Change(made))
    return kept or made


class Vapid:
    """Signs for one push service at a time; `contact` is whom it may write to."""

    def __init__(self, key: VapidKey, sealer: Sealer, contact: str | None = None) -> None:
        """Raises Unsealable."""
        private = load_pem_private_key(sealer.unseal(key.private).encode(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("a VAPID key is one of P-256")
        self._private = private
        self._contact = contact
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, url: str, now: datetime) -> str:
        """The header of a push to this address."""
        parts = urlsplit(url)
        claims: dict[str, object] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + _GOOD_FOR).timestamp()),
        }
        if self._contact:
            claims["sub"] = self._contact
        token = jwt.encode(claims, self._private, algorithm="ES256")
        return f"vapid t={token}, k={self.public_key}"


def new_key(sealer: Sealer) -> VapidKey:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return VapidKey(sealer.seal(pem.decode()))
