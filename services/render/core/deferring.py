"""A promise that can't be kept is taken back aloud: the job moves to the deferred lane."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.contracts import JobId, Lane
from services.contracts.events import JobDeferred
from services.kit.documents import Change
from services.render.core.entry import Entry, Waiting, line_of

__all__ = ["defer"]

_FIRST = 0.0
"""Its ticket there: whoever was promised more goes before those who were promised nothing."""


def defer(
    entry: Entry | None, job: JobId, now: datetime, promised: timedelta, expected_at: datetime
) -> Change[Entry] | None:
    """Only a free job that has waited for all it was promised, and that nobody has begun."""
    match entry:
        case Waiting(order=order) if order.lane is Lane.FREE and not entry.tries.claims:
            waited = now - order.queued_at
        case _:
            return None
    if waited < promised:
        return None
    moved = replace(order, lane=Lane.DEFERRED, ticket=_FIRST)
    event = JobDeferred(
        at=now,
        account=order.account,
        job=job,
        reason=f"not begun within {promised.total_seconds():.0f} s: the fleet is too hot",
        expected_at=expected_at,
    )
    line = line_of(order.pool, Lane.DEFERRED)
    return Change(replace(entry, order=moved, line=line), (event,))
