"""Becomes the command it is given, after asking the kernel to end it with its parent.

Run as a script: `python -I -S leash.py <parent pid> <command> …`. A script and not a hook between
fork and exec, since such a hook may deadlock in a process that has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_EX_USAGE = 64


def main(arguments: list[str]) -> None:
    parent, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        raise SystemExit(_EX_USAGE)  # the parent died before the leash was on
    os.execvp(command[0], command)  # noqa: S606 - the command is ours, and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
