"""An endpoint that keeps failing is left alone for a while, on this replica."""

from dataclasses import dataclass
from datetime import timedelta

from services.contracts import EndpointId
from services.kit.clock import Clock
from services.kit.remembered import Remembered

__all__ = ["Circuits"]

_FAILURES = 5
_FIRST = 5.0
_LONGEST = 300.0


@dataclass
class _Circuit:
    failures: int = 0
    open_until: float = 0.0


class Circuits:
    """Opens after five failures in a row, for 5 s, then twice as long each time, up to 5 minutes.

    What comes due meanwhile is put off, and counts as no attempt.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._circuits: Remembered[EndpointId, _Circuit] = Remembered(10_000)

    def open_until(self, endpoint: EndpointId) -> timedelta | None:
        """For how long it stays open; none where it is closed, or one may try."""
        circuit = self._circuits.get(endpoint)
        left = circuit.open_until - self._clock.monotonic() if circuit else 0
        return timedelta(seconds=left) if left > 0 else None

    def tell(self, endpoint: EndpointId, *, good: bool) -> None:
        if good:
            self._circuits.forget(endpoint)
            return
        circuit = self._circuits.setdefault(endpoint, _Circuit)
        circuit.failures += 1
        beyond = circuit.failures - _FAILURES
        if beyond >= 0:
            wait = min(_LONGEST, _FIRST * 2 ** min(beyond, 10))
            circuit.open_until = self._clock.monotonic() + wait
