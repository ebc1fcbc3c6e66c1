"""Cursors: where a listing goes on, good only for the listing that gave it."""

import base64
import binascii
import hmac

__all__ = ["CursorInvalid", "CursorSealer"]

_SEAL_BYTES = 12


class CursorInvalid(Exception):
    """Broken, or of another account or another listing."""


class CursorSealer:
    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"heatsink cursors v1", "sha256")

    def seal(self, scope: str, position: str) -> str:
        """`scope` names the listing: its route, its account, its filters."""
        sealed = self._seal(scope, position) + position.encode()
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, scope: str, cursor: str) -> str:
        """The position. Raises CursorInvalid."""
        try:
            padded = cursor.encode() + b"=" * (-len(cursor) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
            position = sealed[_SEAL_BYTES:].decode()
        except (binascii.Error, UnicodeError, ValueError) as error:
            raise CursorInvalid from error
        if not hmac.compare_digest(sealed[:_SEAL_BYTES], self._seal(scope, position)):
            raise CursorInvalid
        return position

    def _seal(self, scope: str, position: str) -> bytes:
        return hmac.digest(self._key, f"{scope}\n{position}".encode(), "sha256")[:_SEAL_BYTES]
