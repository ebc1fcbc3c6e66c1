"""An offer before a refusal: drawn later, when the fleet cools, on a unit that is reserved now."""

from dataclasses import replace
from datetime import datetime

from services.contracts import Lane
from services.contracts.events import QuotaFacts, Rule
from services.quota.core.account import AccountQuota
from services.quota.core.doorway import Doorway
from services.quota.core.refusal import Refusal
from services.quota.core.terms import Terms

__all__ = ["deferred", "expected_at", "may_be_deferred", "normally"]


def may_be_deferred(
    account: AccountQuota, terms: Terms, facts: QuotaFacts, refusal: Refusal, doorway: Doorway
) -> bool:
    """Where only the load stands against a request, the plan allows it, and there is room."""
    return (
        terms.plan.deferral
        and doorway.may_defer
        and refusal.rule in (Rule.LOAD, Rule.FLEET_FULL)
        and facts.used + facts.units <= facts.limit_normally
        and len(account.open) < terms.plan.concurrency
    )


def deferred(terms: Terms) -> Terms:
    """The same terms in the deferred lane."""
    return replace(terms, plan=terms.plan.model_copy(update={"lane": Lane.DEFERRED}))


def normally(facts: QuotaFacts) -> QuotaFacts:
    """What is drawn when the fleet is cool is weighed by the plan's own limit."""
    return facts.model_copy(update={"limit": facts.limit_normally})


def expected_at(now: datetime, terms: Terms, doorway: Doorway) -> datetime | None:
    """When a deferred job should be drawn: after the cause is over, and those before it."""
    if terms.lane is not Lane.DEFERRED or doorway.deferred_wait is None:
        return None
    if terms.expected_end is None:
        return None
    return max(now, terms.expected_end) + doorway.deferred_wait
