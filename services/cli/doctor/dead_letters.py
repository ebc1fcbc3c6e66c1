"""What could not be handled, by topic, and why the last of it could not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.kit.bus import Connection
from services.kit.bus.survey import Letters, letters
from services.kit.clock import Clock
from services.kit.diagnosis import Check, Finding, Section, ok, warn
from services.kit.diagnosis.words import counted, span_of

__all__ = ["letter_findings", "letters_check"]

_FRESH = timedelta(days=1)
_REACH = "mend Kafka first (above)"


def letters_check(connection: Connection, topics: Sequence[str], clock: Clock) -> Check:
    async def look() -> Sequence[Finding]:
        return letter_findings(await letters(connection, topics), clock.now())

    return Check(Section.DEAD_LETTERS, "all topics", look, _REACH)


def letter_findings(found: Sequence[Letters], now: datetime) -> tuple[Finding, ...]:
    """One for each topic that has any. Those of the last day ask for somebody to look."""
    filled = [one for one in found if one.count]
    if not filled:
        return (ok(Section.DEAD_LETTERS, "all topics", f"none in {len(found)}"),)
    return tuple(_finding(one, now) for one in filled)


def _finding(found: Letters, now: datetime) -> Finding:
    figure = f"{counted(found.count, 'record')} kept"
    if found.last is None:
        advice = f"read {found.topic}: its last record is none of ours"
        return warn(Section.DEAD_LETTERS, found.topic, figure, advice)
    age = now - found.last.at
    figure += f", the last {span_of(age)} ago: {found.last.reason} in {found.last.consumer}"
    if age > _FRESH:
        return ok(Section.DEAD_LETTERS, found.topic, figure)
    return warn(Section.DEAD_LETTERS, found.topic, figure, "heatsink dlq list")
