"""Listening as a tail: every replica hears what is new, and nothing is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from services.contracts import Envelope, Event, Stream
from services.kit.bus.connection import Connection
from services.kit.bus.follower import Follower, Start
from services.kit.bus.model import Record
from services.kit.bus.reading import read_or_tell
from services.kit.bus.subscription import Match, Subscription
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.telemetry import metrics

__all__ = ["Listener", "Tail"]

Listener: TypeAlias = Callable[[Envelope[Event]], None]
"""Told each event. Must be quick and not raise."""


class Tail:
    """New events of `streams`, heard by whoever listens or subscribes at that moment.

    Ready once it has its positions at the ends of the streams: what is published after that is
    heard, after a failure of Kafka's too (it goes on from where it was), so events may come late
    but none is missed, and one may come twice.
    """

    def __init__(
        self,
        connection: Connection,
        streams: Sequence[Stream],
        *,
        clock: Clock,
        readiness: Readiness,
        name: str = "tail",
    ) -> None:
        self.name = name
        self._listeners: list[Listener] = []
        self._topics = {connection.topic(stream): stream for stream in streams}
        self._follower = Follower(
            connection,
            list(self._topics),
            Start.END,
            self._receive,
            name=name,
            clock=clock,
            readiness=readiness,
        )

    @property
    def poll_age(self) -> float:
        """Seconds since the loop last turned."""
        return self._follower.poll_age

    async def until_positioned(self) -> None:
        """Returns when whatever is published from now on will be heard."""
        await self._follower.caught_up.wait()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` for each event; answers how to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @asynccontextmanager
    async def subscribe(self, match: Match, size: int = 256) -> AsyncIterator[Subscription]:
        """Events that match, from now on, as long as the block lasts."""
        subscription = Subscription(match, size)
        unlisten = self.listen(subscription.offer)
        try:
            yield subscription
        finally:
            unlisten()
            if subscription.overflowed:
                metrics.STREAM_OVERFLOWS.add(1)

    async def run(self, stop: asyncio.Event) -> None:
        await self._follower.run(stop)

    def _receive(self, record: Record) -> None:
        envelope = read_or_tell(record, self._topics[record.topic], self.name)
        if envelope is None:
            return
        for listener in tuple(self._listeners):
            listener(envelope)
