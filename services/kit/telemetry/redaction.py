"""What must never be written down: by the name of its field, or by its own look."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

__all__ = ["REDACTED", "is_private", "mask", "redact"]

REDACTED = "[redacted]"

_PRIVATE_WORDS = frozenset(
    {
        *("prompt", "prompts", "authorization", "cookie", "cookies", "signature", "signatures"),
        *("token", "tokens", "secret", "secrets", "pepper", "password", "passwords", "passphrase"),
        *("credential", "credentials"),
    }
)
_HARMLESS_ENDINGS = frozenset({"id", "ids", "length", "count"})
_PRIVATE_TEXT = re.compile(
    r"""(?P<key>\bhs_[a-z]+_)[0-9A-Za-z_]+          # an API key, whole or torn
      | (?P<hook>\bwhsec_)[^\s'",]+                 # a webhook secret
      | (?P<scheme>\b(?:Bearer|Basic)\s+)[^\s'",]+  # an authorization header
      | (?P<url>\b[a-z][a-z0-9+.-]*://)[^\s/@'"]+@  # user and password within an address
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def is_private(name: str) -> bool:
    """Whether values of fields of this name stay unwritten.

    `prompt`, `api_key` and `X-Signature` do; `key_id`, `secret_id` and `prompt_length` do not.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    return words[-1] in {"key", "keys"} or not _PRIVATE_WORDS.isdisjoint(words)


def mask(text: str) -> str:
    """The text without API keys, webhook secrets, credentials and passwords in addresses."""
    return _PRIVATE_TEXT.sub(_stars, text)


def redact(value: Any) -> Any:
    """A copy fit for logs: private fields redacted at any depth, strings masked."""
    match value:
        case str():
            return mask(value)
        case SecretStr() | SecretBytes():
            return REDACTED
        case bytes():
            return f"<{len(value)} bytes>"
        case Mapping():
            return {name: _field(name, item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact(item) for item in value]
        case None | bool() | int() | float():
            return value
        case BaseModel():
            return redact(dict(value))
        case _ if is_dataclass(value) and not isinstance(value, type):
            return redact({part.name: getattr(value, part.name) for part in fields(value)})
        case _:
            return mask(str(value))


def _field(name: object, value: Any) -> Any:
    if isinstance(name, str) and is_private(name) and value is not None:
        return REDACTED
    return redact(value)


def _stars(found: re.Match[str]) -> str:
    if found["url"]:
        return f"{found['url']}***@"
    return f"{found['key'] or found['hook'] or found['scheme']}***"
