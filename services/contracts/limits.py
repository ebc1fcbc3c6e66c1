"""What an account may use now: one function, so that quota, gateway and notify never disagree."""

import math

__all__ = ["effective_limit"]


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
