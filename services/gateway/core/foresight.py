"""What quota would say to a request now, from what it has told: a forecast, not a decision."""

from dataclasses import dataclass

from services.contracts import broken_rule
from services.contracts.events import Rule
from services.gateway.core.limits import Allowance

__all__ = ["Foreseen", "foresee"]


@dataclass(frozen=True)
class Foreseen:
    """`rule` is the one that would refuse; none where the job would be admitted."""

    rule: Rule | None
    left_after: int


def foresee(mine: Allowance, units: int) -> Foreseen:
    """By quota's own rules. A full fleet can't be foreseen: that is of the moment."""
    terms = mine.terms
    rule = broken_rule(
        units=units,
        used=mine.used,
        limit=terms.limit,
        limit_normally=terms.limit_normally,
        running=mine.running,
        concurrency=terms.concurrency,
    )
    return Foreseen(rule, mine.left if rule else terms.limit - mine.used - units)
