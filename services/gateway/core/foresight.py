"""What quota would say to a request now, from what it has told: a forecast, not a decision."""

from dataclasses import dataclass

from services.contracts.events import Rule
from services.gateway.core.limits import Allowance

__all__ = ["Foreseen", "foresee"]


@dataclass(frozen=True)
class Foreseen:
    """`rule` is the one that would refuse; none where the job would be admitted."""

    rule: Rule | None
    left_after: int


def foresee(mine: Allowance, units: int) -> Foreseen:
    """In the order of quota's own rules. A full fleet can't be foreseen: that is of the moment."""
    wanted, terms = mine.used + units, mine.terms
    rule: Rule | None = None
    if units > terms.limit_normally:
        rule = Rule.REQUEST_TOO_LARGE
    elif wanted > terms.limit_normally:
        rule = Rule.WINDOW
    elif wanted > terms.limit:
        rule = Rule.LOAD
    elif mine.running >= terms.concurrency:
        rule = Rule.CONCURRENCY
    return Foreseen(rule, mine.left if rule else terms.limit - wanted)
