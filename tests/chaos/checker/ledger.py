"""C2: quota's ledger adds up, counted by a hand that is not quota's."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.chaos.checker.evidence import Evidence, Finding, Record

__all__ = ["ledger_adds_up", "over_admitted"]

_CLOSING = {"JobCompleted": "commit", "JobFailed": "release", "JobCancelled": "release"}

Row = dict[str, Any]


def ledger_adds_up(evidence: Evidence) -> Iterator[Finding]:
    """Each decision and each end has its one row, and each account the sum of its rows."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.stored.ledger:
        rows[row["account"]].append(row)
    grants = {document["_id"]: document["state"] for document in evidence.stored.grants}
    for account in sorted(rows.keys() | grants.keys()):
        ordered = sorted(rows[account], key=lambda row: row["turn"])
        yield from _turns(account, ordered)
        yield from _sums(account, ordered, grants.get(account))
    yield from _rows_and_events_agree(evidence)
    for job, detail in over_admitted(evidence):
        yield Finding("C2", job, detail)


def over_admitted(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Reservations past the limit in force, by the sum of the rows before them.

    No run is as long as a window, so units leave an account only by a closing row.
    """
    used: dict[str, int] = defaultdict(int)
    for row in sorted(evidence.stored.ledger, key=lambda row: (row["account"], row["turn"])):
        account = row["account"]
        if row["operation"] == "reserve":
            used[account] += row["units"]
            limit = row["quota"]["limit"]
            if used[account] > limit:
                yield row["job"], f"reserved as number {used[account]} of {limit}"
        used[account] -= row["given_back"]


def _turns(account: str, ordered: list[Row]) -> Iterator[Finding]:
    turns = [row["turn"] for row in ordered]
    if turns != list(range(1, len(turns) + 1)):
        yield Finding("C2", account, f"the turns of its {len(turns)} rows have a gap: {turns[:20]}")


def _sums(account: str, ordered: list[Row], state: dict[str, Any] | None) -> Iterator[Finding]:
    operations: dict[str, list[str]] = defaultdict(list)
    units: dict[str, int] = {}
    used = 0
    for row in ordered:
        operations[row["job"]].append(row["operation"])
        if row["operation"] == "reserve":
            units[row["job"]] = row["units"]
            used += row["units"]
        elif row["operation"] != "deny":
            used -= row["given_back"]
            if row["units"] + row["given_back"] != units.get(row["job"]):
                yield Finding("C2", row["job"], f"closed with {row['units']} of {units}")
    for job, done in operations.items():
        if done not in (["deny"], ["reserve", "commit"], ["reserve", "release"]):
            yield Finding("C2", job, f"its rows are {done}")
    if state is None:
        yield Finding("C2", account, "has rows and no document")
        return
    held = sum(item["units"] for item in (*state["open"], *state["spent"]))
    if state["open"] or held != used:
        detail = f"{len(state['open'])} grants are open, {held} units used where rows say {used}"
        yield Finding("C2", account, detail)


def _rows_and_events_agree(evidence: Evidence) -> Iterator[Finding]:
    said = {(row["job"], row["operation"]) for row in evidence.stored.ledger}
    due = {found for record in evidence.distinct if (found := _row_of(record, evidence))}
    for job, operation in sorted(due - said):
        yield Finding("C2", job, f"an event without its {operation} row")
    for job, operation in sorted(said - due):
        yield Finding("C2", job, f"a {operation} row without its event")


def _row_of(record: Record, evidence: Evidence) -> tuple[str, str] | None:
    match record.type:
        case "JobAdmitted":
            return record.job, "reserve"
        case "JobRejected":
            return record.job, "deny"
        case kind if kind in _CLOSING:
            return record.job, _CLOSING[kind]
        case _:
            return None
