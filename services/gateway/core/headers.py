"""Quota in response headers: as image clients of OpenAI read them, and as the IETF draft says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.contracts.events import QuotaFacts

__all__ = ["QuotaView", "quota_headers"]


@dataclass(frozen=True)
class QuotaView:
    """What is left after a decision; `reset` in seconds until the window is empty again."""

    limit: int
    remaining: int
    reset: int
    window_seconds: int

    @classmethod
    def of(
        cls, facts: QuotaFacts, *, granted: bool, resets_at: datetime | None, now: datetime
    ) -> "QuotaView":
        used = facts.used + (facts.units if granted else 0)
        if resets_at is None:
            reset = facts.window_seconds if used else 0
        else:
            reset = max(0, math.ceil((resets_at - now).total_seconds()))
        return cls(facts.limit, max(0, facts.limit - used), reset, facts.window_seconds)


def quota_headers(view: QuotaView) -> Mapping[str, str]:
    """`x-ratelimit-*-images`, and RateLimit fields by draft-ietf-httpapi-ratelimit-headers."""
    return {
        "x-ratelimit-limit-images": str(view.limit),
        "x-ratelimit-remaining-images": str(view.remaining),
        "x-ratelimit-reset-images": _duration(view.reset),
        "ratelimit-policy": f'"images";q={view.limit};w={view.window_seconds}',
        "ratelimit": f'"images";r={view.remaining};t={view.reset}',
    }


def _duration(seconds: int) -> str:
    """As OpenAI writes it: `1s`, `6m0s`, `23h59m1s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"
