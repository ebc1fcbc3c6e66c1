"""The rules, in the order in which the first that refuses is named."""

from dataclasses import dataclass
from datetime import datetime

from services.contracts.events import AccountStatus, QuotaFacts, Rule
from services.quota.core import reasons
from services.quota.core.account import AccountQuota
from services.quota.core.forecast import resets_at, retry_at
from services.quota.core.terms import Terms

__all__ = ["Refusal", "weigh"]


@dataclass(frozen=True)
class Refusal:
    """`retry_at` is None where these units never fit, or no moment is known (concurrency)."""

    rule: Rule
    reason: str
    resets_at: datetime | None = None
    retry_at: datetime | None = None


def weigh(account: AccountQuota, terms: Terms | None, facts: QuotaFacts) -> Terms | Refusal:
    """The terms on which these units are granted to the account as it is, or why they are not."""
    if account.status is not AccountStatus.ACTIVE:
        return Refusal(Rule.ACCOUNT_INACTIVE, reasons.inactive(account.status))
    if terms is None:
        return Refusal(Rule.UNKNOWN_PLAN, reasons.unknown_plan(account.plan))
    if (rule := _broken_rule(account, terms, facts)) is None:
        return terms
    retry = _retry_at(rule, account, terms, facts)
    reason = reasons.sentence(rule, terms, facts, retry)
    return Refusal(rule, reason, resets_at(account), retry)


def _broken_rule(account: AccountQuota, terms: Terms, facts: QuotaFacts) -> Rule | None:
    wanted = facts.used + facts.units
    if facts.units > facts.limit_normally:
        return Rule.REQUEST_TOO_LARGE
    if wanted > facts.limit_normally:
        return Rule.WINDOW
    if wanted > facts.limit:
        return Rule.LOAD
    if len(account.open) >= terms.plan.concurrency:
        return Rule.CONCURRENCY
    return None


def _retry_at(
    rule: Rule, account: AccountQuota, terms: Terms, facts: QuotaFacts
) -> datetime | None:
    if rule in (Rule.WINDOW, Rule.LOAD):
        return retry_at(account, facts.units, facts.limit, terms)
    return None
