"""One decision in plain words, from the ledger's rows alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.contracts import Lane, hash_offset
from services.contracts.events import QuotaFacts, Rule
from services.quota.core.ledger import CLOSING, LedgerRow, Operation

__all__ = ["explain"]


def explain(rows: Sequence[LedgerRow]) -> list[str]:
    """A job's story, line by line; none where the ledger has no decision on it."""
    decision = next((row for row in rows if row.operation not in CLOSING), None)
    if decision is None or decision.quota is None:
        return []
    closing = next((row for row in rows if row.operation in CLOSING), None)
    return [*_decided(decision, decision.quota), *([_closed(closing)] if closing else [])]


def _decided(row: LedgerRow, quota: QuotaFacts) -> Iterator[str]:
    yield f"{row.job} of {row.account}, plan {quota.plan}, asked for {row.units} at {_at(row.at)}."
    yield _limit(row, quota)
    wanted = quota.used + row.units
    yield f"Used before: {quota.used}. With this job: {wanted}, on a limit of {quota.limit}."
    if row.operation is Operation.RESERVE:
        yield _admitted(row, wanted)
        return
    yield f"Refused by the rule {row.rule}. What was said: {row.reason}"
    if row.retry_at:
        kept = " That moment is kept, whatever m is then." if row.rule is Rule.LOAD else ""
        yield f"To come back at {_at(row.retry_at)}.{kept}"


def _limit(row: LedgerRow, quota: QuotaFacts) -> str:
    gives = f"The plan gives {quota.limit_normally} in {quota.window_seconds} s"
    if quota.m >= 1:
        return f"{gives}, and no multiplier was in force."
    h = hash_offset(row.account, row.at)
    raised = quota.limit_normally * quota.m + h
    said = f"{gives}; the multiplier was m = {quota.m:.3f} (limits version {quota.limits_version})"
    sum_ = f"{quota.limit_normally} * {quota.m:.3f} + {h:.3f} = {raised:.2f}"
    if quota.limit > int(raised + 1e-9):
        return f"{said}. The account's share, {sum_}, was raised to {quota.limit}: {_why(row)}."
    return f"{said}, so the account's limit was {sum_}, rounded down."


def _why(row: LedgerRow) -> str:
    if row.light:
        return f"a lighter render was allowed, at {row.light.share:.0%} of the cost"
    if row.lane is Lane.DEFERRED:
        return "a deferred job is weighed by the plan's own limit"
    return "a moment that an earlier refusal had named had come"


def _admitted(row: LedgerRow, wanted: int) -> str:
    until = f"; its units count until {_at(row.leaves_at)}" if row.leaves_at else ""
    lane = f" to the {row.lane} lane" if row.lane else ""
    return f"Admitted{lane}, as the {wanted}. unit of its window{until}."


def _closed(row: LedgerRow) -> str:
    match row.operation:
        case Operation.COMMIT:
            back = f", {row.given_back} given back" if row.given_back else ""
            return f"Delivered at {_at(row.at)}: {row.units} kept{back}."
        case Operation.RELEASE:
            return f"Ended without a picture at {_at(row.at)}: {row.given_back} given back."
        case _:
            return f"No end came until {_at(row.at)}: {row.given_back} given back by the sweep."


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
