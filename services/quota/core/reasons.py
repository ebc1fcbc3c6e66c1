"""Why quota refused, in one sentence for the person who asked."""

from datetime import datetime

from services.contracts.events import AccountStatus, QuotaFacts, Rule
from services.quota.core.plan import Plan
from services.quota.core.terms import Terms

__all__ = ["inactive", "sentence", "unknown_plan"]


def inactive(status: AccountStatus) -> str:
    return f"The account is {status}; it can't start jobs."


def unknown_plan(plan: str) -> str:
    return f"The account's plan, {plan}, is not one of this service's plans."


def sentence(rule: Rule, terms: Terms, facts: QuotaFacts, retry_at: datetime | None) -> str:
    """The rules that weigh units or jobs; the others have sentences of their own."""
    plan = terms.plan
    match rule:
        case Rule.REQUEST_TOO_LARGE:
            return f"{_images(facts.units)} can never fit: {_gives(plan)}."
        case Rule.WINDOW:
            return f"{_used(facts)} and {_gives(plan)}; {_again(facts.units, retry_at)}."
        case Rule.LOAD:
            lowered = f"for now {_images(facts.limit)} instead of {facts.limit_normally}"
            cause = terms.cause.rstrip(".") or f"the fleet is {terms.heat}"
            again = _again(facts.units, retry_at)
            return f"The {plan.title} plan gives {lowered} ({cause}). {_used(facts)}; {again}."
        case Rule.FLEET_FULL:
            cause = terms.cause.rstrip(".") or f"the fleet is {terms.heat}"
            again = _again(facts.units, retry_at)
            return f"No free image can be taken at this moment ({cause}). {_used(facts)}; {again}."
        case Rule.CONCURRENCY:
            jobs = "1 job" if plan.concurrency == 1 else f"{plan.concurrency} jobs"
            return f"The {plan.title} plan runs {jobs} at once; ask again when one has ended."
        case _:
            raise ValueError(f"{rule} weighs no units")


def _gives(plan: Plan) -> str:
    return f"the {plan.title} plan gives {_images(plan.images)} in {_span(plan.window_seconds)}"


def _used(facts: QuotaFacts) -> str:
    return f"You have used {_images(facts.used)}"


def _again(units: int, retry_at: datetime | None) -> str:
    if retry_at is None:
        return "nobody can say yet when there is room again"
    return f"there is room for {units} more at {retry_at:%Y-%m-%d %H:%M:%S} UTC"


def _images(count: int) -> str:
    return f"{count} {'image' if count == 1 else 'images'}"


def _span(seconds: int) -> str:
    size, word = next(unit for unit in _UNITS if seconds % unit[0] == 0)
    count = seconds // size
    return f"{count} {word}{'' if count == 1 else 's'}"


_UNITS = ((3600, "hour"), (60, "minute"), (1, "second"))
