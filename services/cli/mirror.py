"""One account's events on a topic of its own: for a tenant that may not read those of all."""

import asyncio
import signal

from services.contracts import AccountId, Envelope, Event, Stream, encode
from services.kit.bus import Connection, Group, Producer
from services.kit.bus.dead_letters import RecordSender
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.lifecycle import supervise

__all__ = ["Mirror", "run"]

_MIRRORED = (Stream.REQUESTS, Stream.DECISIONS, Stream.RENDERS)
_STOPS = (signal.SIGINT, signal.SIGTERM)


class Mirror:
    """A handler: copies the events of one account as they are, and passes the others over."""

    def __init__(self, sender: RecordSender, account: AccountId, topic: str) -> None:
        self._sender = sender
        self._account = account
        self._topic = topic

    async def __call__(self, envelope: Envelope[Event]) -> None:
        """Raises Unavailable: then it is called again."""
        if envelope.data.key == self._account:
            await self._sender.send(self._topic, encode(envelope))


async def run(
    connection: Connection, clock: Clock, account: AccountId, topic: str, *, drain_seconds: float
) -> None:
    """Until SIGINT or SIGTERM. Goes on where it was: each event at least once, in its order."""
    readiness, stop = Readiness(), asyncio.Event()
    producer = Producer(connection, clock, readiness)
    group = Group(
        connection,
        f"mirror-{topic}",
        _MIRRORED,
        Mirror(producer, account, topic),
        clock=clock,
        readiness=readiness,
        replica="0",
        producer=producer,
    )
    for number in _STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await supervise((producer, group), stop, drain_seconds)
