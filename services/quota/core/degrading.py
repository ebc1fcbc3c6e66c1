"""An offer before a refusal: a lighter render now, which takes less of what load leaves."""

import math
from dataclasses import dataclass

from services.contracts import JobSpec, hash_offset, render_cost
from services.contracts.events import JobRequested, QuotaFacts
from services.quota.core.account import AccountQuota
from services.quota.core.doorway import Doorway
from services.quota.core.refusal import Refusal, weigh
from services.quota.core.terms import Terms

__all__ = ["Degraded", "Light", "degraded"]


@dataclass(frozen=True)
class Light:
    """How a lighter render was weighed.

    `share` is its cost as a share of what was asked for, `saved` how many of the units in use
    earlier lighter renders did not cost the fleet.
    """

    share: float
    saved: float

    def limit(self, images: int, m: float, h: float, used: int) -> int:
        """In force for renders as light as this one, in units, at most `images`.

        `effective_limit` for the cost instead of the count: an account gets `images * m` full
        renders' worth on average, whichever it draws.
        """
        room = (images * m - used + self.saved) / self.share + h
        return min(images, used + max(0, math.floor(room + 1e-9)))

    def critical(self, images: int, h: float, used: int, units: int) -> float:
        """The least m at which that limit has room for `units` more."""
        return min(1.0, max(0.0, ((units - h) * self.share + used - self.saved) / images))


@dataclass(frozen=True)
class Degraded:
    """What a request gets if its caller allows it. `saved`: the units it does not cost."""

    request: JobRequested
    facts: QuotaFacts
    light: Light

    @property
    def saved(self) -> float:
        return self.facts.units * (1 - self.light.share)


def degraded(
    account: AccountQuota,
    request: JobRequested,
    terms: Terms,
    facts: QuotaFacts,
    doorway: Doorway,
) -> Degraded | None:
    """For a request that m stands against: what m lets in, if anything lighter."""
    spec = _lighter(request)
    if not terms.plan.degrading or spec is None:
        return None
    light = Light(render_cost(spec) / render_cost(request.spec), account.saved)
    h = hash_offset(account.account, account.as_of)
    limit = light.limit(facts.limit_normally, facts.m, h, facts.used)
    weighed = facts.model_copy(update={"limit": limit})
    if isinstance(weigh(account, terms, weighed, doorway), Refusal):
        return None
    return Degraded(request.model_copy(update={"spec": spec}), weighed, light)


def _lighter(request: JobRequested) -> JobSpec | None:
    """None where there is none, or it would cost as much."""
    if request.lighter is None:
        return None
    spec = request.spec.lightened(request.lighter)
    return spec if render_cost(spec) < render_cost(request.spec) else None
