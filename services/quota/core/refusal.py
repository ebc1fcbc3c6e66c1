"""The rules, in the order in which the first that refuses is named."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contracts import broken_rule, hash_offset
from services.contracts.events import AccountStatus, Offer, QuotaFacts, Rule
from services.quota.core import reasons
from services.quota.core.account import AccountQuota
from services.quota.core.doorway import Doorway
from services.quota.core.forecast import resets_at, retry_at
from services.quota.core.terms import Terms

__all__ = ["Refusal", "weigh"]


@dataclass(frozen=True)
class Refusal:
    """`retry_at` is None where these units never fit, or no moment is known (concurrency).

    `offers` are what the same request would get if its caller allowed it.
    """

    rule: Rule
    reason: str
    resets_at: datetime | None = None
    retry_at: datetime | None = None
    offers: tuple[Offer, ...] = ()


def weigh(
    account: AccountQuota, terms: Terms | None, facts: QuotaFacts, doorway: Doorway
) -> Terms | Refusal:
    """The terms on which these units are granted to the account as it is, or why they are not."""
    if account.status is not AccountStatus.ACTIVE:
        return Refusal(Rule.ACCOUNT_INACTIVE, reasons.inactive(account.status))
    if terms is None:
        return Refusal(Rule.UNKNOWN_PLAN, reasons.unknown_plan(account.plan))
    if (rule := _broken_rule(account, terms, facts, doorway)) is None:
        return terms
    retry = _retry_at(rule, account, terms, facts, doorway)
    reason = reasons.sentence(rule, terms, facts, retry)
    return Refusal(rule, reason, resets_at(account), retry)


def _broken_rule(
    account: AccountQuota, terms: Terms, facts: QuotaFacts, doorway: Doorway
) -> Rule | None:
    rule = broken_rule(
        units=facts.units,
        used=facts.used,
        limit=facts.limit,
        limit_normally=facts.limit_normally,
        running=len(account.open),
        concurrency=terms.plan.concurrency,
    )
    if rule is not None:
        return rule
    if terms.plan.adaptive and doorway.shut and (doorway.walled or not _is_due(account, facts)):
        return Rule.FLEET_FULL
    return None


def _is_due(account: AccountQuota, facts: QuotaFacts) -> bool:
    """It was told to come back now."""
    return account.promise is not None and account.promise.covers(facts.units, account.as_of)


def _retry_at(
    rule: Rule, account: AccountQuota, terms: Terms, facts: QuotaFacts, doorway: Doorway
) -> datetime | None:
    if rule in (Rule.WINDOW, Rule.LOAD):
        return _earlier(account, facts.units, retry_at(account, facts.units, terms))
    if rule is Rule.FLEET_FULL:
        spread = terms.k.spread * (1 - hash_offset(account.account, account.as_of))
        opens_at = account.as_of + doorway.opens_in + timedelta(seconds=spread)
        return _earlier(account, facts.units, opens_at)
    return None


def _earlier(account: AccountQuota, units: int, moment: datetime | None) -> datetime | None:
    """What was promised before stays, where it comes sooner."""
    held = account.promise
    if held is None or units > held.units or held.at <= account.as_of:
        return moment
    return held.at if moment is None else min(held.at, moment)
