"""Open streams end before the server drains: it would wait for them."""

import asyncio

from services.notify.hub import Hub

__all__ = ["StreamCloser"]


class StreamCloser:
    """The last component, so that it is the first to stop."""

    name = "streams"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._hub.close()
