"""What comes out of a decision on an account."""

from dataclasses import dataclass
from enum import StrEnum

from services.contracts.events import JobAdmitted, JobRejected
from services.kit.documents import Change
from services.quota.core.account import AccountQuota
from services.quota.core.ledger import LedgerRow
from services.quota.core.recall import is_crowded

__all__ = ["Outcome", "Verdict"]


class Verdict(StrEnum):
    ADMITTED = "admitted"
    REJECTED = "rejected"
    COMMITTED = "committed"
    RELEASED = "released"
    LEAKED = "leaked"
    REPEATED = "repeated"
    """Decided before: nothing to do, its events are in the outbox or published."""
    LOOK_UP = "look_up"
    """Perhaps decided so long ago that only the ledger knows: read it, then decide again."""
    CONGESTED = "congested"
    """The ledger is so far behind that the document has no room for another decision."""
    STRANGER = "stranger"
    """The account has no document: see whether it was erased, then decide again."""
    UNMATCHED = "unmatched"
    """The end of a job that holds no grant here."""


@dataclass(frozen=True)
class Outcome:
    """A verdict, what to save for it (nothing where it changes nothing), and its story."""

    verdict: Verdict
    change: Change[AccountQuota] | None = None
    decision: JobAdmitted | JobRejected | None = None
    row: LedgerRow | None = None
    forgotten_count: int = 0

    @property
    def calls_for_forgetting(self) -> bool:
        crowded = self.change is not None and is_crowded(self.change.state)
        return crowded or self.verdict is Verdict.CONGESTED
