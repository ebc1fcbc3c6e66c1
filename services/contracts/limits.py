"""What an account may use now: one piece, so that quota, gateway and notify never disagree."""

import math
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from services.contracts.events.decisions import Rule
from services.contracts.ids import AccountId

__all__ = ["broken_rule", "effective_limit", "hash_offset", "hash_turns_at"]

_GOLDEN = 0.6180339887498949
"""The fractional part of the golden ratio: the rotation by it spreads a few days most evenly."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def effective_limit(limit: int, m: float, h: float) -> int:
    """The limit in force, in units: `floor(limit * m + h)`, at most `limit`.

    `m` in [0, 1] is the published multiplier, `h` in [0, 1) the account's hash offset, which
    turns a fractional quota into a share of accounts that get the next whole unit.
    """
    if not 0 <= m <= 1:
        raise ValueError(f"m must lie in 0..1, not {m}")
    if not 0 <= h < 1:
        raise ValueError(f"h must lie in 0..1, not {h}")
    # 1e-9: 3 * (1/3) + 0 must count as one unit, whatever binary fractions say.
    return min(limit, math.floor(limit * m + h + 1e-9))


def broken_rule(
    *, units: int, used: int, limit: int, limit_normally: int, running: int, concurrency: int
) -> Rule | None:
    """The first rule of units and jobs that `units` more would break; none where they fit.

    `running` are the account's jobs without an end. A full fleet is weighed by quota alone, after
    these.
    """
    wanted = used + units
    if units > limit_normally:
        return Rule.REQUEST_TOO_LARGE
    if wanted > limit_normally:
        return Rule.WINDOW
    if wanted > limit:
        return Rule.LOAD
    return Rule.CONCURRENCY if running >= concurrency else None


def hash_offset(account: AccountId, at: datetime) -> float:
    """The account's h at a moment: who gets the next whole unit of a fraction.

    In [0, 1), evenly spread over accounts and the same everywhere. It turns once a day, at the
    account's own hour, by the golden ratio: no account is unlucky for long, and no midnight calls
    all of them at once. A hash that changes with time is DAGOR's (SoCC 2018); the rotation is a
    Kronecker sequence.
    """
    first, second = _hashed(account)
    days = (at - _EPOCH) / _DAY + second
    return (first + math.floor(days) * _GOLDEN) % 1.0


def hash_turns_at(account: AccountId, after: datetime) -> datetime:
    """The next whole second at which the account's h is another."""
    _, second = _hashed(account)
    days = math.floor((after - _EPOCH) / _DAY + second) + 1
    turn = _EPOCH + (days - second) * _DAY
    # Events carry milliseconds: what is told must lie on the other side after the cut as well.
    return turn.replace(microsecond=0) + timedelta(seconds=1)


def _hashed(account: AccountId) -> tuple[float, float]:
    """Two numbers in [0, 1), of 53 bits each: more could round up to 1."""
    digest = sha256(account.encode()).digest()
    return _fraction(digest[:8]), _fraction(digest[8:16])


def _fraction(eight: bytes) -> float:
    return float((int.from_bytes(eight, "big") >> 11) / 2**53)
