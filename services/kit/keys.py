"""API keys: `hs_live_<id>_<secret>_<checksum>`, of which only a keyed hash is ever stored."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import SecretStr

from services.contracts import KeyId
from services.kit.errors import KitError

__all__ = ["MalformedKey", "NewKey", "ParsedKey", "hash_secret", "new_key", "parse", "verify"]

_PREFIX = "hs_live"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LETTERS = string.digits + string.ascii_lowercase
_ID_LENGTH = 8
_SECRET_LENGTH = 43
_CHECKSUM_LENGTH = 6
_FORM = re.compile(
    rf"(?P<signed>{_PREFIX}_(?P<id>[0-9a-z]{{{_ID_LENGTH}}})_(?P<secret>[0-9A-Za-z]{{{_SECRET_LENGTH}}}))"
    rf"_(?P<checksum>[0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)
_NO_HASH = "0" * 64


class MalformedKey(KitError):
    """A text that is no API key of ours: another form, or a typo that its checksum shows."""

    def __init__(self) -> None:
        super().__init__("not an API key, or mistyped")


@dataclass(frozen=True)
class ParsedKey:
    """A well-formed key; whether it is a known one, only its stored hash tells."""

    id: KeyId
    secret: str = field(repr=False)


class NewKey(NamedTuple):
    """`plain` is shown to its owner once; `id` may be shown and logged; `secret` is hashed."""

    plain: str
    id: KeyId
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(id={self.id!r})"


def new_key() -> NewKey:
    """A fresh key with a secret of 256 random bits."""
    letters = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET_LENGTH))
    signed = f"{_PREFIX}_{letters}_{secret}"
    return NewKey(f"{signed}_{_checksum(signed)}", KeyId(f"key_{letters}"), secret)


def parse(plain: str) -> ParsedKey:
    """The parts of a key. Raises MalformedKey, and reads no database to find out."""
    found = _FORM.fullmatch(plain)
    if found is None or _checksum(found["signed"]) != found["checksum"]:
        raise MalformedKey
    return ParsedKey(KeyId(f"key_{found['id']}"), found["secret"])


def hash_secret(pepper: SecretStr, secret: str) -> str:
    """HMAC-SHA-256 in hexadecimal. 256 random bits need no slow hash."""
    return hmac.new(pepper.get_secret_value().encode(), secret.encode(), hashlib.sha256).hexdigest()


def verify(pepper: SecretStr, secret: str, stored: str | None) -> bool:
    """Whether the secret has this hash; with none stored, no, after as much work."""
    matches = hmac.compare_digest(hash_secret(pepper, secret), stored or _NO_HASH)
    return matches and stored is not None


def _checksum(signed: str) -> str:
    rest = zlib.crc32(signed.encode())
    letters = ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, letter = divmod(rest, len(_BASE62))
        letters = _BASE62[letter] + letters
    return letters
