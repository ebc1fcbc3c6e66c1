"""How far the clocks are apart, as far as each tells its time. Kafka's brokers tell none."""

from collections.abc import Mapping
from datetime import datetime

from services.kit.diagnosis import Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import span_of
from services.kit.lease import SKEW

__all__ = ["ahead_by", "clock_finding"]

_NOTICED = 2.0
_ADVICE = "let a time service (chrony, systemd-timesyncd) keep the clocks of these machines"


def ahead_by(told: datetime, asked: datetime, came: datetime) -> float:
    """Seconds that a clock must be ahead of ours which told this time between our two.

    0 while it may be right: how long an answer was on its way says nothing of a clock.
    """
    if told > came:
        return (told - came).total_seconds()
    return min(0.0, (told - asked).total_seconds())


def clock_finding(ahead: Mapping[str, float]) -> Finding:
    """`ahead` are seconds that a clock is ahead of this machine's."""
    every = {"this machine": 0.0, **ahead}
    apart = max(every.values()) - min(every.values())
    figure = f"{len(every)} within {span_of(apart)}"
    if apart < _NOTICED:
        return ok(Section.CLOCKS, "skew", figure)
    off = [f"{name} {value:+.1f} s" for name, value in ahead.items() if abs(value) >= _NOTICED]
    told = f"{figure}; against this machine: {', '.join(off) or 'none alone'}"
    verdict = warn if apart < SKEW.total_seconds() else bad
    return verdict(Section.CLOCKS, "skew", told, _ADVICE)
