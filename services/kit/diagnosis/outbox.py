"""What waits to be published, and for how long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.kit.clock import Clock
from services.kit.diagnosis.examination import Check
from services.kit.diagnosis.finding import Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import counted, span_of
from services.kit.documents.outbox_store import Standing

__all__ = ["Outboxes", "outbox_check", "outbox_finding"]

_LATE, _VERY_LATE = 10.0, 120.0
_ADVICE = "see whether Kafka is reachable (above), then this service's log for outbox_not_published"


class Outboxes(Protocol):
    async def standing(self, collection: str) -> Standing: ...


def outbox_check(outboxes: Outboxes, collections: Sequence[str], clock: Clock) -> Check:
    async def look() -> Sequence[Finding]:
        standings = [await outboxes.standing(name) for name in collections]
        return (outbox_finding(standings, clock.now()),)

    return Check(Section.OUTBOX, "oldest event", look, "mend the database first (above)")


def outbox_finding(standings: Sequence[Standing], now: datetime) -> Finding:
    times = [standing.oldest for standing in standings if standing.oldest is not None]
    if not times:
        return ok(Section.OUTBOX, "oldest event", "nothing waits")
    age = (now - min(times)).total_seconds()
    count = sum(standing.count for standing in standings)
    figure = f"{counted(count, 'document')} with events to publish, the oldest {span_of(age)} old"
    if age < _LATE:
        return ok(Section.OUTBOX, "oldest event", figure)
    verdict = warn if age < _VERY_LATE else bad
    return verdict(Section.OUTBOX, "oldest event", figure, _ADVICE)
