"""SIGTERM and SIGINT: the first asks the service to stop, the second ends it at once."""

import os
import signal
import socket
import threading
from collections.abc import Callable

__all__ = ["heed_signals"]

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_EXIT_BY_SIGNAL = 128


def heed_signals(stop: Callable[[str], None]) -> None:
    """Calls `stop` with the first signal's name, from a thread of its own; the second exits.

    The interpreter writes each signal's number to a socket, whichever thread the system gave it
    to; so a second signal works even while the main thread is stuck and can run no handler.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    for number in _STOPPING:
        signal.signal(number, lambda *_: None)
    threading.Thread(
        target=_listen, args=(reader, writer, stop), name="signals", daemon=True
    ).start()


def _listen(reader: socket.socket, _writer: socket.socket, stop: Callable[[str], None]) -> None:
    asked = False
    while True:
        for number in reader.recv(64):
            if number not in _STOPPING:
                continue
            if asked:
                os._exit(_EXIT_BY_SIGNAL + number)
            asked = True
            stop(signal.Signals(number).name)
