"""The ledger: one row for each thing that happened to an account's units, never changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, JobId, Lane
from services.contracts.events import QuotaFacts, Rule
from services.kit.documents import Index, Row, RowsSpec
from services.quota.core.degrading import Light

__all__ = ["CLOSING", "DECIDING", "LEDGER", "LedgerRow", "Operation", "row_id"]


class Operation(StrEnum):
    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"
    DENY = "deny"
    LEAK = "leak"


DECIDING = (Operation.RESERVE, Operation.DENY)

CLOSING = frozenset({Operation.COMMIT, Operation.RELEASE, Operation.LEAK})


def row_id(job: str, operation: Operation) -> str:
    return f"{job}:{operation}"


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One row. `turn` orders an account's rows without a gap; `at` never goes back within them.

    `units` are those asked for (reserve, deny) or kept (closing rows), `given_back` the rest of a
    closed reservation. `since` is when the job was decided: a job's rows age and go together.
    `quota` holds the terms of a decision, with the limit in force and what was used before it;
    `pool`, `cost` in megapixel-steps and the `lane` of an admission are what load follows from;
    `light` is there where a lighter render was admitted than was asked for.
    """

    job: JobId
    operation: Operation
    account: AccountId
    turn: int
    at: datetime
    since: datetime
    units: int
    given_back: int = 0
    leaves_at: datetime | None = None
    quota: QuotaFacts | None = None
    rule: Rule | None = None
    reason: str | None = None
    retry_at: datetime | None = None
    pool: str | None = None
    cost: float | None = None
    lane: Lane | None = None
    light: Light | None = None

    @property
    def id(self) -> str:
        return row_id(self.job, self.operation)

    def to_row(self) -> Row:
        return LEDGER.entry(self.id, self)


_KEPT_FOR = timedelta(days=90)
"""Longer than any window, than requests may come again, and than people ask what happened."""

LEDGER: RowsSpec[LedgerRow] = RowsSpec(
    "ledger",
    LedgerRow,
    (Index(("account", "turn")), Index(("since",), expire_after=_KEPT_FOR)),
)
