"""Follows one render from inside the engine process: counts steps, passes on a wish to stop."""

import threading
import time
from collections.abc import Callable

from services.render.engine.messages import Draw, Stepped
from services.render.engine.painter import InterruptedRenderError, Sketch

__all__ = ["StepWatch"]

#: Shares are sums of fractions: 0.7 * 10 must count as 7 steps, not 6.
_ROUNDING = 1e-6


class StepWatch:
    """Turns shares of a render into whole steps of those asked for, each told once."""

    def __init__(
        self,
        draw: Draw,
        tell: Callable[[Stepped], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._tell = tell
        self._now = now
        self._started = 0.0
        self._step = 0
        self._previews = 0
        self._stop = threading.Event()
        self._stopping = threading.Lock()
        self._acts: list[Callable[[], None]] = []

    def stop(self) -> None:
        with self._stopping:
            self._stop.set()
            acts, self._acts = self._acts, []
        for act in acts:
            act()

    def on_stop(self, act: Callable[[], None]) -> None:
        with self._stopping:
            if not self._stop.is_set():
                self._acts.append(act)
                return
        act()

    def begin(self) -> None:
        """The render's turn has come. Raises `InterruptedRenderError` where it came too late."""
        self._started = self._now()
        self._ensure_wanted()

    @property
    def seconds(self) -> float:
        return self._now() - self._started

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        self._ensure_wanted()
        step = int(share * self._draw.steps + _ROUNDING)
        if step > self._step:
            self._step = step
            self._tell(self._stepped(step, share, self._preview(share, sketch)))

    def _ensure_wanted(self) -> None:
        if self._stop.is_set():
            raise InterruptedRenderError

    def _preview(self, share: float, sketch: Sketch | None) -> bytes | None:
        """Previews are spread evenly; the finished picture is none of them."""
        due = int(share * (self._draw.previews + 1) + _ROUNDING)
        if sketch is None or not self._previews < due <= self._draw.previews:
            return None
        self._previews = due
        return sketch()

    def _stepped(self, step: int, share: float, preview: bytes | None) -> Stepped:
        return Stepped(
            job=self._draw.job,
            attempt=self._draw.attempt,
            step=step,
            steps=self._draw.steps,
            seconds_left=max(0.0, self.seconds * (1 - share) / share),
            preview=preview,
        )
