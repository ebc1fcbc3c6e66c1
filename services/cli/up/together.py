"""Several things at once."""

import asyncio
from collections.abc import Awaitable, Iterable

__all__ = ["every", "together"]


async def together(doings: Iterable[Awaitable[object]]) -> None:
    """All of them, or none: raises the first failure as it was, and cancels the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for doing in doings:
                group.create_task(_run(doing))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def every(doings: Iterable[Awaitable[object]]) -> None:
    """Each of them to its end, whatever becomes of the others; then raises the first failure."""
    outcomes = await asyncio.gather(*doings, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _run(doing: Awaitable[object]) -> None:
    await doing
