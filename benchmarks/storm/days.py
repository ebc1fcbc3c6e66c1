"""Fairness over days: who gets an image when not everybody can have one."""

import numpy as np

from benchmarks.storm.controls import instant
from services.contracts import AccountId, effective_limit, hash_offset

__all__ = ["jain_over_days"]


def jain_over_days(share: float, days: int, accounts: int = 3_000) -> tuple[float, float]:
    """Jain's index of images over so many days, by our offsets and by chance.

    Everybody asks once a day, and `share` of them can have an image (a plan of three, m of a third
    of that).
    """
    ids = [AccountId(f"acc_{number:032x}") for number in range(accounts)]
    ours = np.array(
        [
            sum(
                effective_limit(3, share / 3, hash_offset(one, instant(day * 86_400.0))) > 0
                for day in range(days)
            )
            for one in ids
        ]
    )
    chance = np.random.default_rng(1).binomial(days, share, accounts)
    return _jain(ours), _jain(chance)


def _jain(shares: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> float:
    return float(shares.sum()) ** 2 / (len(shares) * float((shares.astype(float) ** 2).sum()))
