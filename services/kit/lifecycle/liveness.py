"""Whether the process still makes progress: heartbeats, the event loop's among them."""

import asyncio
import time
from collections.abc import Callable

import structlog

from services.kit.telemetry import metrics

__all__ = ["Heartbeat", "Liveness", "watch_loop"]

_PERIOD = 0.25
_LOOP_LIMIT = 15.0
_WORTH_A_LINE = 1.0

Heartbeat = Callable[[], None]


class Liveness:
    """Heartbeats by name. Read by the health server's own thread, which outlives a stuck loop."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._limits: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def register(self, name: str, limit: float) -> Heartbeat:
        """A function to call at least every `limit` seconds, or the process counts as hung."""

        def beat() -> None:
            self._last[name] = self._monotonic()

        beat()
        self._limits[name] = limit
        return beat

    def unregister(self, name: str) -> None:
        self._limits.pop(name, None)

    @property
    def reasons(self) -> dict[str, str]:
        """What hangs and for how long; empty while all is well."""
        now = self._monotonic()
        silent = {name: now - self._last[name] for name in list(self._limits)}
        return {
            name: f"no sign of life for {seconds:.0f} s"
            for name, seconds in silent.items()
            if seconds > self._limits.get(name, seconds)
        }


async def watch_loop(liveness: Liveness) -> None:
    """Beats for the event loop and measures how late it comes to its timers, for ever."""
    beat = liveness.register("loop", _LOOP_LIMIT)
    log = structlog.get_logger()
    while True:
        due = time.monotonic() + _PERIOD
        await asyncio.sleep(_PERIOD)
        lag = max(0.0, time.monotonic() - due)
        beat()
        metrics.LOOP_LAG_SECONDS.record(lag)
        if lag >= _WORTH_A_LINE:
            log.warning("event loop was blocked", seconds=round(lag, 3))
