"""The engine process's own loop: commands in, replies out."""

import os
import socket
import threading
from collections.abc import Callable

from services.render.engine.frames import pack_reply, read_command
from services.render.engine.messages import Cancel, Close, Draw, Ready, Reply, Unusable
from services.render.engine.painter import Painter, Tell, UnusableError
from services.render.engine.renders import Renders

__all__ = ["EXIT_OK", "EXIT_UNUSABLE", "Server"]

EXIT_OK = 0
EXIT_UNUSABLE = 78


class Server:
    """Serves one worker over one socket until that says `Close` or has gone.

    `leave` ends the process at once: a thread may be in the middle of a long step.
    """

    def __init__(
        self,
        connection: socket.socket,
        open_painter: Callable[[Tell], Painter],
        *,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._connection = connection
        self._commands = connection.makefile("rb")
        self._open_painter = open_painter
        self._leave = leave
        self._sending = threading.Lock()

    def run(self) -> int:
        """The process's exit code."""
        with self._commands:
            try:
                painter, ready = self._opened()
            except UnusableError as error:
                self._send(Unusable(reason=str(error)))
                return EXIT_UNUSABLE
            self._send(ready)
            with Renders(painter, ready.slots, tell=self._send, leave=self._leave) as renders:
                self._serve(renders)
        return EXIT_OK

    def _opened(self) -> tuple[Painter, Ready]:
        painter = self._open_painter(self._send)
        return painter, painter.load()

    def _serve(self, renders: Renders) -> None:
        while True:
            match read_command(self._commands):
                case Draw() as draw:
                    renders.begin(draw)
                case Cancel(job=job, attempt=attempt):
                    renders.stop(job, attempt)
                case Close():
                    renders.stop_all()
                    return
                case None:
                    self._leave(EXIT_OK)
                    return

    def _send(self, reply: Reply) -> None:
        with self._sending:
            self._connection.sendall(pack_reply(reply))
