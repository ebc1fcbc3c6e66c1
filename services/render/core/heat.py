"""Heat: the fleet's load as people read it."""

from collections.abc import Mapping

from services.contracts import Lane
from services.contracts.events import Heat

__all__ = ["PROMISED_WAIT", "heat_of", "pressure_of"]

PROMISED_WAIT: Mapping[Lane, float] = {Lane.PAID: 20.0, Lane.FREE: 120.0}
"""Seconds that a job of the lane should wait at most. Deferred jobs are promised nothing."""

_WARM_FROM = 0.3
_HOT_FROM = 0.6
_MELTING_FROM = 1.0


def pressure_of(waits: Mapping[Lane, float]) -> float:
    """The worst of the predicted waits, each as a share of what its lane is promised."""
    return max(waits.get(lane, 0.0) / promised for lane, promised in PROMISED_WAIT.items())


def heat_of(waits: Mapping[Lane, float], pace: float = 1.0) -> Heat:
    """Melting from the promise itself on, hot from 60 % of it, warm from 30 %, else cool."""
    pressure = pressure_of(waits) * pace
    if pressure >= _MELTING_FROM:
        return Heat.MELTING
    if pressure >= _HOT_FROM:
        return Heat.HOT
    return Heat.WARM if pressure >= _WARM_FROM else Heat.COOL
