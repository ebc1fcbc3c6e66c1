"""How far each group is behind, and whether that grows: two looks a moment apart."""

from collections import Counter
from collections.abc import Sequence

from services.kit.bus import Connection, PartitionLag, lags
from services.kit.clock import Clock
from services.kit.diagnosis import Check, Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import counted

__all__ = ["lag_check", "lag_finding"]

_BETWEEN = 1.5
"""Seconds: groups commit about once in one, so each has had its chance."""

_MANY = 1_000
_REACH = "mend Kafka first (above)"

Look = Sequence[PartitionLag]


def lag_check(connection: Connection, groups: Sequence[str], clock: Clock) -> Check:
    async def look() -> Sequence[Finding]:
        before = await lags(connection, groups)
        await clock.sleep(_BETWEEN)
        after = await lags(connection, groups)
        return [lag_finding(group, before[group], after[group]) for group in groups]

    return Check(Section.LAG, "all groups", look, _REACH)


def lag_finding(group: str, before: Look, after: Look) -> Finding:
    if not after:
        return ok(Section.LAG, group, "has handled nothing yet")
    was, now = _total(before), _total(after)
    if not now:
        return ok(Section.LAG, group, "has handled everything")
    figure = f"{counted(now, 'event')} behind ({_by_topic(after)})"
    if now > was:
        figure += f", growing by {counted(now - was, 'event')}"
        advice = f"see {group}'s log and its replicas; one more replica shares the partitions"
        return warn(Section.LAG, group, figure, advice)
    if now < was:
        return ok(Section.LAG, group, f"{figure}, shrinking")
    if _handled(after) > _handled(before):
        return ok(Section.LAG, group, f"{figure}, keeping pace")
    advice = f"look again in a moment; if it stays so, see {group} (services, above) and its log"
    verdict = bad if now > _MANY else warn
    return verdict(Section.LAG, group, f"{figure}, standing still", advice)


def _total(look: Look) -> int:
    return sum(one.lag for one in look)


def _handled(look: Look) -> int:
    return sum(one.committed for one in look)


def _by_topic(look: Look) -> str:
    lags: Counter[str] = Counter()
    for one in look:
        lags[one.topic] += one.lag
    return ", ".join(f"{topic} {number}" for topic, number in lags.most_common() if number)
