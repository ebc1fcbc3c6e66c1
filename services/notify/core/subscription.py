"""A browser's subscription to pushes: RFC 8030 and 8291, W3C Push API section 7."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Collection

from services.notify.core.endpoint import PushKeys

__all__ = ["PUSH_SERVICES", "PushKeysInvalid", "decoded", "is_push_service", "push_keys"]

PUSH_SERVICES = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Where the browsers of 2026 have their pushes sent."""

_POINT = 65
_UNCOMPRESSED = 4
_AUTH = 16


class PushKeysInvalid(ValueError):
    """`field` is `p256dh` or `auth`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def is_push_service(host: str, services: Collection[str]) -> bool:
    """Whether the host is one of these, or below one."""
    return any(host == one or host.endswith(f".{one}") for one in services)


def push_keys(p256dh: str, auth: str) -> PushKeys:
    """Both by their form; whether `p256dh` lies on the curve is seen where it is used.

    Raises PushKeysInvalid.
    """
    point = _bytes_of("p256dh", p256dh)
    if len(point) != _POINT or point[0] != _UNCOMPRESSED:
        raise PushKeysInvalid("p256dh", "It is an uncompressed point of P-256: 65 bytes.")
    if len(_bytes_of("auth", auth)) != _AUTH:
        raise PushKeysInvalid("auth", "It is 16 bytes.")
    return PushKeys(p256dh, auth)


def decoded(text: str) -> bytes:
    """From base64url, with its padding or without. Raises ValueError."""
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _bytes_of(field: str, text: str) -> bytes:
    try:
        return decoded(text)
    except (binascii.Error, ValueError) as error:
        raise PushKeysInvalid(field, "It is no base64url.") from error
