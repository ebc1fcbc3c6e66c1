"""The ledger's equations: what must hold between an account's rows, and between them and it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from services.contracts import AccountId, JobId
from services.contracts.events import Rule
from services.quota.core.account import AccountQuota
from services.quota.core.ledger import CLOSING, LedgerRow, Operation

__all__ = ["Equation", "Finding", "findings"]


class Equation(StrEnum):
    """What may be found broken; the value is what holds otherwise."""

    ONE_DECISION = "a job is reserved or denied once"
    ONE_CLOSING = "a job is closed once at most"
    CLOSING_HAS_RESERVE = "every closing row has its reserve row before it"
    CLOSING_BALANCES = "what is kept and what is given back make up what was reserved"
    TURNS_HAVE_NO_GAP = "an account's rows have turns without a gap, and times that don't go back"
    USED_AGREES = "a row's used is what the rows before it leave in the window"
    WITHIN_LIMIT = "a reservation stays within the row's own limit"
    REFUSAL_WAS_DUE = "a refusal by units would have passed the row's own limit"
    OPEN_AGREES = "the account's open grants are the reserve rows without a closing row"
    UNITS_AGREE = "the account's units in use are those of its rows within the window"
    TURN_AGREES = "the account's last turn is its last row"


@dataclass(frozen=True)
class Finding:
    """One equation that does not hold."""

    equation: Equation
    account: AccountId
    detail: str
    job: JobId | None = None


@dataclass
class _Replay:
    """The window as the rows rebuild it."""

    open: dict[JobId, LedgerRow] = field(default_factory=dict)
    closed: set[JobId] = field(default_factory=set)
    decided: set[JobId] = field(default_factory=set)
    spent: list[tuple[datetime, int]] = field(default_factory=list)

    def used(self, at: datetime) -> int:
        held = sum(row.units for row in self.open.values())
        return held + sum(units for leaves_at, units in self.spent if leaves_at > at)


def findings(
    account: AccountId, rows: Sequence[LedgerRow], document: AccountQuota | None
) -> list[Finding]:
    """Everything that does not hold for one account, given all its rows and its document."""
    ordered = sorted(rows, key=lambda row: row.turn)
    replay = _Replay()
    found = list(_turns(account, ordered))
    for row in ordered:
        found.extend(_closing(replay, row) if row.operation in CLOSING else _decision(replay, row))
    found.extend(_agreement(account, replay, ordered, document))
    return found


def _turns(account: AccountId, ordered: Sequence[LedgerRow]) -> Iterator[Finding]:
    for before, after in pairwise(ordered):
        if after.turn != before.turn + 1 or after.at < before.at:
            detail = f"turn {before.turn} is followed by turn {after.turn}"
            yield Finding(Equation.TURNS_HAVE_NO_GAP, account, detail, after.job)


def _decision(replay: _Replay, row: LedgerRow) -> Iterator[Finding]:
    if row.job in replay.decided:
        yield _broken(Equation.ONE_DECISION, row, f"{row.operation} is one too many")
    used = replay.used(row.at)
    yield from _weighing(row, used)
    replay.decided.add(row.job)
    if row.operation is Operation.RESERVE:
        replay.open[row.job] = row


def _weighing(row: LedgerRow, used: int) -> Iterator[Finding]:
    if (quota := row.quota) is None:
        yield _broken(Equation.USED_AGREES, row, "the row has no terms")
        return
    if quota.used != used:
        yield _broken(Equation.USED_AGREES, row, f"it says {quota.used}, its rows say {used}")
    over = used + row.units > quota.limit
    if row.operation is Operation.RESERVE and over:
        detail = f"{used} used and {row.units} more on a limit of {quota.limit}"
        yield _broken(Equation.WITHIN_LIMIT, row, detail)
    if row.rule in (Rule.WINDOW, Rule.LOAD, Rule.REQUEST_TOO_LARGE) and not over:
        detail = f"{used} used and {row.units} more fit a limit of {quota.limit}"
        yield _broken(Equation.REFUSAL_WAS_DUE, row, detail)


def _closing(replay: _Replay, row: LedgerRow) -> Iterator[Finding]:
    if row.job in replay.closed:
        yield _broken(Equation.ONE_CLOSING, row, f"{row.operation} is one too many")
        return
    replay.closed.add(row.job)
    reserve = replay.open.pop(row.job, None)
    if reserve is None or reserve.leaves_at is None:
        yield _broken(Equation.CLOSING_HAS_RESERVE, row, f"{row.operation} stands alone")
        return
    if row.units + row.given_back != reserve.units:
        detail = f"{row.units} kept, {row.given_back} given back of {reserve.units}"
        yield _broken(Equation.CLOSING_BALANCES, row, detail)
    replay.spent.append((reserve.leaves_at, row.units))


def _agreement(
    account: AccountId,
    replay: _Replay,
    ordered: Sequence[LedgerRow],
    document: AccountQuota | None,
) -> Iterator[Finding]:
    last = ordered[-1].turn if ordered else None
    if document is None:
        if last is not None:
            detail = f"the ledger is at turn {last}, and there is no document"
            yield Finding(Equation.TURN_AGREES, account, detail)
        return
    # A document may outlive its rows: they age, it does not.
    if last is not None and document.turn != last:
        detail = f"the document is at turn {document.turn}, the ledger at turn {last}"
        yield Finding(Equation.TURN_AGREES, account, detail)
    yield from _open_grants(account, replay, document)
    used = replay.used(document.as_of)
    if document.used != used:
        detail = f"the document holds {document.used}, its rows say {used}"
        yield Finding(Equation.UNITS_AGREE, account, detail)


def _open_grants(account: AccountId, replay: _Replay, document: AccountQuota) -> Iterator[Finding]:
    held = Counter({grant.job: grant.units for grant in document.open})
    filed = Counter({job: row.units for job, row in replay.open.items()})
    for job in sorted(held.keys() | filed.keys()):
        if held[job] != filed[job]:
            detail = f"the document holds {held[job]} units, the ledger {filed[job]}"
            yield Finding(Equation.OPEN_AGREES, account, detail, job)


def _broken(equation: Equation, row: LedgerRow, detail: str) -> Finding:
    return Finding(equation, row.account, detail, row.job)
