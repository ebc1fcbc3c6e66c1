"""Figures as people say them."""

from datetime import timedelta

__all__ = ["counted", "span_of"]

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_TWO = 2


def span_of(length: timedelta | float) -> str:
    """`850 ms`, `12 s`, `5 min`, `3 h`, `2 days`; seconds where it is a number."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    for unit, name in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= _TWO * unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds:.0f} s"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
