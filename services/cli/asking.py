"""What most commands do: say what was given, ask the API once, hand its answer on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from services.cli.api import Api
from services.cli.target import Target

__all__ = ["Body", "ask", "given_only"]

Body = dict[str, Any]


def ask(target: Target, act: Callable[[Api], Awaitable[Body]]) -> Body:
    """What `act` answers, speaking to the target for as long as it takes."""

    async def asked() -> Body:
        async with Api.connected(target.url, target.key) as api:
            return await act(api)

    return asyncio.run(asked())


def given_only(**options: object) -> Body:
    """The options that the user gave; the API has defaults for the others."""
    return {name: value for name, value in options.items() if value is not None}
