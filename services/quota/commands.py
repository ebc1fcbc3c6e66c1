"""Operators' commands: the story of one decision, and a hand on the multiplier."""

import getpass
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from services.contracts import JobId
from services.kit.clock import Clock
from services.kit.documents import Change
from services.kit.documents.mongo import MongoDocuments
from services.kit.store import Store
from services.quota.core import DEFAULT_POOL, Hold, HoldKind, PoolLimits, explain
from services.quota.repository import LIMITS
from services.quota.wiring import NAME, accounts_to_read

__all__ = ["UNKNOWN", "explained", "held", "shown"]

UNKNOWN = 1


async def explained(store: Store, clock: Clock, *, job: str, as_json: bool) -> int:
    """The whole story of one decision. Answers the exit status."""
    try:
        rows = await accounts_to_read(store, clock).rows_of(JobId(job))
    except ValueError as error:
        sys.stderr.write(f"heatsink: {error}\n")
        return UNKNOWN
    lines = explain(rows)
    if not lines:
        sys.stderr.write(f"heatsink: the ledger has no decision on {job}\n")
        return UNKNOWN
    rows_told = json.dumps([asdict(row) for row in rows], default=str)
    sys.stdout.write((rows_told if as_json else "\n".join(lines)) + "\n")
    return 0


async def held(
    store: Store,
    clock: Clock,
    *,
    plan: str,
    kind: HoldKind,
    m: float,
    lasting: timedelta,
    note: str,
    pool: str = DEFAULT_POOL,
) -> int:
    """Writes down what an operator wants; the leader announces it with its next tick."""
    now = clock.now()
    hold = Hold(
        plan=plan, kind=kind, m=m, at=now, until=now + lasting, by=getpass.getuser(), note=note
    )

    def decide(state: PoolLimits | None) -> Change[PoolLimits]:
        return Change((state or PoolLimits(pool=pool)).holding(hold))

    await MongoDocuments(store, LIMITS, clock, NAME).change(pool, decide)
    sys.stdout.write(f"{_told(hold)}\nEverybody hears of it within seconds.\n")
    return 0


async def shown(store: Store, clock: Clock, *, as_json: bool, pool: str = DEFAULT_POOL) -> int:
    """Limits in force, and what operators have said of them."""
    document = await MongoDocuments(store, LIMITS, clock, NAME).load(pool)
    if document is None:
        sys.stderr.write(f"heatsink: nothing is known of the pool {pool}\n")
        return UNKNOWN
    state = document.state
    told = [said.model_dump(mode="json") for said in state.announced]
    sys.stdout.write((json.dumps(told) if as_json else "\n".join(_lines(state))) + "\n")
    return 0


def _lines(state: PoolLimits) -> Iterator[str]:
    for said in sorted(state.announced, key=lambda said: said.plan):
        until = f", until about {_at(said.expected_end)}" if said.expected_end else ""
        yield f"{said.plan:12} m {said.m:.3f} by {said.rule} since {_at(said.since)}{until}"
        yield f"{'':12} {said.cause}"
    yield from (_told(hold) for hold in state.holds)


def _told(hold: Hold) -> str:
    m = "" if hold.kind is HoldKind.RELEASE else f" m {hold.m:g} until {_at(hold.until)}"
    note = f": {hold.note}" if hold.note else ""
    return f"{_at(hold.at)} {hold.by} {hold.kind} {hold.plan}{m}{note}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
