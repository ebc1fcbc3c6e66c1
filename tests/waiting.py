"""Waiting for what happens in another process, with a deadline."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

__all__ = ["eventually"]


async def eventually(
    condition: Callable[[], bool | Awaitable[bool]], within: float = 30.0, every: float = 0.02
) -> None:
    """Returns once `condition` holds. Raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not await _holds(condition):  # noqa: ASYNC110 - others can't set an event of ours
            await asyncio.sleep(every)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = condition()
    return await answer if inspect.isawaitable(answer) else answer
