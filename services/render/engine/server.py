"""The engine process's own loop: commands in, renders on threads, replies out."""

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from services.contracts.events.renders import FailureCode
from services.render.engine.frames import pack_reply, read_command
from services.render.engine.messages import (
    Cancel,
    Cancelled,
    Close,
    Draw,
    Drawn,
    Failed,
    Reply,
    Unusable,
)
from services.render.engine.painter import (
    DeviceLostError,
    InterruptedRenderError,
    Painter,
    RenderError,
    UnusableError,
)
from services.render.engine.traces import frames_of
from services.render.engine.watch import StepWatch

__all__ = ["EXIT_DEVICE_LOST", "EXIT_OK", "EXIT_UNUSABLE", "Server"]

EXIT_OK = 0
EXIT_DEVICE_LOST = 70
EXIT_UNUSABLE = 78

_log = structlog.get_logger()


class Server:
    """Serves one worker over one socket until that says `Close` or has gone."""

    def __init__(
        self,
        connection: socket.socket,
        painter: Painter,
        *,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._commands = connection.makefile("rb")
        self._connection = connection
        self._painter = painter
        # At once, without waiting for the threads: one may be in the middle of a long step.
        self._leave = leave
        self._sending = threading.Lock()
        self._watches: dict[tuple[str, int], StepWatch] = {}

    def run(self) -> int:
        """The process's exit code."""
        with self._commands:
            try:
                ready = self._painter.load()
            except UnusableError as error:
                self._send(Unusable(reason=str(error)))
                return EXIT_UNUSABLE
            self._send(ready)
            with ThreadPoolExecutor(ready.slots, thread_name_prefix="render") as renders:
                self._serve(renders)
        return EXIT_OK

    def _serve(self, renders: ThreadPoolExecutor) -> None:
        while True:
            match read_command(self._commands):
                case Draw() as draw:
                    self._accept(draw, renders)
                case Cancel(job=job, attempt=attempt):
                    self._stop(job, attempt)
                case Close():
                    for watch in tuple(self._watches.values()):
                        watch.stop()
                    return
                case None:
                    self._leave(EXIT_OK)
                    return

    def _accept(self, draw: Draw, renders: ThreadPoolExecutor) -> None:
        watch = StepWatch(draw, self._send)
        self._watches[draw.job, draw.attempt] = watch
        renders.submit(self._render, draw, watch).add_done_callback(self._surface)

    def _stop(self, job: str, attempt: int) -> None:
        watch = self._watches.get((job, attempt))
        if watch:
            watch.stop()

    def _render(self, draw: Draw, watch: StepWatch) -> None:
        try:
            reply = self._outcome(draw, watch)
        except DeviceLostError as error:
            self._send(_failed(draw, error))
            self._leave(EXIT_DEVICE_LOST)
            return
        self._watches.pop((draw.job, draw.attempt), None)
        self._send(reply)

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
            _log.error(
                "engine.render_failed",
                job=draw.job,
                error=type(error).__name__,
                frames=frames_of(error),
            )
            return _failed(draw, RenderError(FailureCode.RENDER_ERROR, _kind(error)))
        return Drawn(job=draw.job, attempt=draw.attempt, pictures=pictures, seconds=watch.seconds)

    def _surface(self, render: Future[None]) -> None:
        """A render that couldn't even tell its outcome leaves an engine nobody should trust."""
        if not render.cancelled() and (error := render.exception()) is not None:
            _log.error("engine.lost_its_worker", error=type(error).__name__)
            self._leave(EXIT_OK)

    def _send(self, reply: Reply) -> None:
        with self._sending:
            self._connection.sendall(pack_reply(reply))


def _failed(draw: Draw, error: RenderError) -> Failed:
    return Failed(
        job=draw.job,
        attempt=draw.attempt,
        code=error.code,
        message=error.message,
        permanent=error.permanent,
    )


def _kind(error: Exception) -> str:
    return f"the model failed with {type(error).__name__}"
