"""Signed links: whoever holds one may fetch one picture until it expires."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.contracts import JobId, PictureFormat

__all__ = ["Link", "LinkError", "LinkExpired", "LinkInvalid", "LinkSigner"]

SKEW = timedelta(seconds=60)
"""Replicas' clocks may differ by this much."""


class LinkError(Exception):
    """Base of the reasons to refuse a link."""


class LinkInvalid(LinkError):
    """The signature is not ours, or the link was altered."""


class LinkExpired(LinkError):
    """The link was good, and its time is over."""


@dataclass(frozen=True)
class Link:
    """`expires` in seconds since 1970; `key` names the secret that signed."""

    job: JobId
    index: int
    format: PictureFormat
    expires: int
    key: str
    signature: str

    @property
    def path(self) -> str:
        query = f"expires={self.expires}&key={self.key}&signature={self.signature}"
        return f"/v1/files/{self.job}/{self.index}.{self.format}?{query}"

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.expires, UTC)


class LinkSigner:
    """Signs with the first secret, and knows links by all of them, so that secrets can rotate."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("a link signer needs a secret")
        keys = [hmac.digest(secret, b"heatsink links v1", "sha256") for secret in secrets]
        self._keys = {hashlib.sha256(key).hexdigest()[:8]: key for key in keys}

    def sign(self, job: JobId, index: int, format: PictureFormat, expires_at: datetime) -> Link:
        key = next(iter(self._keys))
        expires = int(expires_at.timestamp())
        signature = self._signature(key, job, index, format, expires)
        return Link(job, index, format, expires, key, signature)

    def check(self, link: Link, now: datetime) -> None:
        """Raises LinkInvalid, and LinkExpired only for a link that was once good."""
        key = link.key if link.key in self._keys else next(iter(self._keys))
        expected = self._signature(key, link.job, link.index, link.format, link.expires)
        same = hmac.compare_digest(expected.encode(), link.signature.encode())
        if not same or key != link.key:
            raise LinkInvalid
        if link.expires < (now - SKEW).timestamp():
            raise LinkExpired

    def _signature(
        self, key: str, job: JobId, index: int, format: PictureFormat, expires: int
    ) -> str:
        message = f"GET\n{job}\n{index}\n{format.media_type}\n{expires}\n{key}".encode()
        return hmac.new(self._keys[key], message, hashlib.sha256).hexdigest()
