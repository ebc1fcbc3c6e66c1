"""Listening as a table: every replica holds the last event of each key."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from services.contracts import Event, Stream
from services.kit.bus.connection import Connection
from services.kit.bus.follower import Follower, Start
from services.kit.bus.model import Record
from services.kit.bus.reading import read_or_tell
from services.kit.clock import Clock
from services.kit.component import Readiness

__all__ = ["Table"]

E = TypeVar("E", bound=Event)

Changed = Callable[[str, E | None], None]
"""Told a key and its new event; none when the key was erased. Must be quick and not raise."""


class Table(Mapping[str, E], Generic[E]):
    """The last event of class `event_class` by key, read from the stream's beginning.

    Of two events of a key the one with the higher `version` stays, or the later by `at` where the
    class has no versions. A null value erases its key. Ready once it holds what was there at the
    start.
    """

    def __init__(
        self,
        connection: Connection,
        stream: Stream,
        event_class: type[E],
        *,
        clock: Clock,
        readiness: Readiness,
    ) -> None:
        self.name = f"table:{stream}"
        self._stream = stream
        self._class = event_class
        self._events: dict[str, E] = {}
        self._listeners: list[Changed[E]] = []
        topics = [connection.topic(stream)]
        self._follower = Follower(
            connection,
            topics,
            Start.BEGINNING,
            self._receive,
            name=self.name,
            clock=clock,
            readiness=readiness,
        )

    def __getitem__(self, key: str) -> E:
        return self._events[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    @property
    def caught_up(self) -> bool:
        """True for ever once everything was read that was there when it first connected."""
        return self._follower.caught_up.is_set()

    @property
    def poll_age(self) -> float:
        return self._follower.poll_age

    async def until_caught_up(self) -> None:
        await self._follower.caught_up.wait()

    def on_change(self, changed: Changed[E]) -> Callable[[], None]:
        """Calls `changed` after each change, from now on; answers how to end that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    async def run(self, stop: asyncio.Event) -> None:
        await self._follower.run(stop)

    def _receive(self, record: Record) -> None:
        if record.wire.value is None:
            self._erase(record)
            return
        envelope = read_or_tell(record, self._stream, self.name)
        event = envelope and envelope.data
        if isinstance(event, self._class) and self._is_newer(event):
            self._events[event.key] = event
            self._tell(event.key, event)

    def _erase(self, record: Record) -> None:
        key = (record.wire.key or b"").decode(errors="replace")
        if self._events.pop(key, None) is not None:
            self._tell(key, None)

    def _is_newer(self, event: E) -> bool:
        held = self._events.get(event.key)
        if held is None:
            return True
        version, held_version = getattr(event, "version", None), getattr(held, "version", None)
        if version is not None and held_version is not None:
            return bool(version > held_version)
        return event.at >= held.at

    def _tell(self, key: str, event: E | None) -> None:
        for listener in tuple(self._listeners):
            listener(key, event)
