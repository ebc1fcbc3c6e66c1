"""Keeps the engine process from outliving its worker, and from ending before it."""

import ctypes
import os
import signal
import sys

__all__ = ["follow_parent"]

_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int) -> None:
    """Ends with the worker, however it ends, and leaves the signals meant for it to it.

    A Ctrl-C or a service manager's SIGTERM reaches every process of the group, but a drain is the
    worker's to decide. The end of the socket is the second sign that the worker has gone, and the
    only one outside Linux; a render in the middle of a step would not see it in time.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(0)
