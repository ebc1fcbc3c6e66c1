"""Ports that nothing else takes while a process is down."""

import secrets
import socket
from collections.abc import Collection
from pathlib import Path

from services.cli.parts.errors import PartError

__all__ = ["LOOPBACK", "free_port", "is_free", "listens"]

LOOPBACK = "127.0.0.1"

_LOWEST = 20_000
_EPHEMERAL_DEFAULT = 32_768
_TRIES = 200
_CONNECT_SECONDS = 0.2


def free_port(preferred: int | None = None, besides: Collection[int] = ()) -> int:
    """A port below the ephemeral range, `preferred` when it is free, and none of `besides`.

    The kernel hands ephemeral ports to clients as their own end: one of them could be taken while
    its server restarts, even by a client that tries to reach that very server.
    """
    if preferred is not None and preferred not in besides and is_free(preferred):
        return preferred
    span = max(_ephemeral_start() - _LOWEST, 1)
    for _ in range(_TRIES):
        port = _LOWEST + secrets.randbelow(span)
        if port not in besides and is_free(port):
            return port
    raise PartError(f"no free port found between {_LOWEST} and {_LOWEST + span}")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def listens(port: int) -> bool:
    """Whether anything accepts connections there. Quick on loopback, so it may be asked often."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _ephemeral_start() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    except OSError:
        return _EPHEMERAL_DEFAULT
    return int(text.split()[0])
