"""How long one request may wait for the database, over all its calls."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["budget", "left", "spending"]

_SHORTEST = 0.001
_left: ContextVar[list[float] | None] = ContextVar("budget_left", default=None)


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Calls within the block share `seconds`; a block inside another has its own."""
    token = _left.set([seconds])
    try:
        yield
    finally:
        _left.reset(token)


def left(most: float) -> float:
    """`most`, or what is left of the budget where that is less; never quite nothing."""
    found = _left.get()
    return most if found is None else max(_SHORTEST, min(most, found[0]))


@contextmanager
def spending() -> Iterator[None]:
    """Takes the time of the block from the budget, if there is one."""
    began = time.monotonic()
    try:
        yield
    finally:
        if (found := _left.get()) is not None:
            found[0] -= time.monotonic() - began
