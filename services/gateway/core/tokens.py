"""Tokens of event producers: proof in a message that an account's key stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from services.contracts import AccountId, KeyId

__all__ = ["Claims", "TokenInvalid", "TokenSigner"]

_ALGORITHM = "HS256"
_AUDIENCE = "heatsink.submissions"
_SKEW = timedelta(seconds=60)
_PURPOSE = b"submission tokens: "


class TokenInvalid(Exception):
    """It is not ours, was altered, or its time is over."""


@dataclass(frozen=True)
class Claims:
    """For whom the token speaks, and which key asked for it: with the key it is revoked."""

    account: AccountId
    key: KeyId


class TokenSigner:
    """JSON Web Tokens (RFC 7519) by HMAC-SHA-256; the first secret signs, all of them open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        # A secret of links signs nothing else as it is: what is signed for one can't serve another.
        self._secrets = [_PURPOSE + secret for secret in secrets]

    def sign(self, claims: Claims, expires_at: datetime) -> str:
        payload = {
            "sub": claims.account,
            "key": claims.key,
            "aud": _AUDIENCE,
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(payload, self._secrets[0], algorithm=_ALGORITHM)

    def open(self, token: str, now: datetime) -> Claims:
        """Raises TokenInvalid."""
        for secret in self._secrets:
            try:
                told = jwt.decode(
                    token,
                    secret,
                    algorithms=[_ALGORITHM],
                    audience=_AUDIENCE,
                    # By our own clock, not the library's.
                    options={"require": ["exp", "sub", "aud"], "verify_exp": False},
                )
                expires_at = datetime.fromtimestamp(told["exp"], UTC)
                claims = Claims(AccountId(told["sub"]), KeyId(told["key"]))
            except jwt.InvalidSignatureError:
                continue
            except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
                raise TokenInvalid from error
            if now >= expires_at + _SKEW:
                raise TokenInvalid
            return claims
        raise TokenInvalid
