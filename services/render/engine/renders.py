"""The renders under way in the engine process, each on a thread, each with exactly one end."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import structlog

from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Cancelled, Draw, Drawn, Failed, Reply
from services.render.engine.painter import (
    DeviceLostError,
    InterruptedRenderError,
    Painter,
    RenderError,
)
from services.render.engine.traces import frames_of
from services.render.engine.watch import StepWatch

__all__ = ["EXIT_DEVICE_LOST", "EXIT_NOT_HEARD", "Renders"]

EXIT_DEVICE_LOST = 70
EXIT_NOT_HEARD = 74

_log = structlog.get_logger()


class Renders:
    """As many at once as there are slots; the others wait. Leaving the context awaits their ends.

    `tell` is called by the renders' threads. `leave` ends the process with an exit code.
    """

    def __init__(
        self,
        painter: Painter,
        slots: int,
        *,
        tell: Callable[[Reply], None],
        leave: Callable[[int], object],
    ) -> None:
        self._painter = painter
        self._tell = tell
        self._leave = leave
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="render")
        self._watches: dict[tuple[str, int], StepWatch] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown()

    def begin(self, draw: Draw) -> None:
        watch = StepWatch(draw, self._tell)
        self._watches[draw.job, draw.attempt] = watch
        self._threads.submit(self._render, draw, watch).add_done_callback(self._surface)

    def stop(self, job: str, attempt: int) -> None:
        watch = self._watches.get((job, attempt))
        if watch is not None:
            watch.stop()

    def stop_all(self) -> None:
        for watch in tuple(self._watches.values()):
            watch.stop()

    def _render(self, draw: Draw, watch: StepWatch) -> None:
        try:
            reply = self._outcome(draw, watch)
        except DeviceLostError as error:
            self._tell(_failed(draw, error))
            self._leave(EXIT_DEVICE_LOST)
            return
        self._watches.pop((draw.job, draw.attempt), None)
        self._tell(reply)

    def _outcome(self, draw: Draw, watch: StepWatch) -> Reply:
        try:
            watch.begin()
            pictures = self._painter.draw(draw, watch)
        except InterruptedRenderError:
            return Cancelled(job=draw.job, attempt=draw.attempt)
        except DeviceLostError:
            raise
        except RenderError as error:
            return _failed(draw, error)
        except Exception as error:  # noqa: BLE001 - any library's fault fails one render, no more
            return _unforeseen(draw, error)
        return Drawn(job=draw.job, attempt=draw.attempt, pictures=pictures, seconds=watch.seconds)

    def _surface(self, render: Future[None]) -> None:
        """A render that couldn't tell its end leaves the worker waiting: better to be seen dead."""
        if not render.cancelled() and (error := render.exception()) is not None:
            _log.error("engine.not_heard", error=type(error).__name__)
            self._leave(EXIT_NOT_HEARD)


def _failed(draw: Draw, error: RenderError) -> Failed:
    return Failed(
        job=draw.job,
        attempt=draw.attempt,
        code=error.code,
        message=error.message,
        permanent=error.permanent,
    )


def _unforeseen(draw: Draw, error: Exception) -> Failed:
    """Tells and logs the error's kind and place, not its message: that may quote the prompt."""
    kind = type(error).__name__
    _log.error("engine.render_failed", job=draw.job, error=kind, frames=frames_of(error))
    known = RenderError(FailureCode.RENDER_ERROR, f"the model failed with {kind}")
    return _failed(draw, known)
