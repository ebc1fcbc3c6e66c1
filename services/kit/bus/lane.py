"""One assigned partition: the records of a key one after the other, keys side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from services.kit.bus.model import Record
from services.kit.bus.prefix import OffsetPrefix

__all__ = ["Deliver", "Lane"]

Deliver = Callable[[Record], Awaitable[None]]


class Lane:
    """Records from their reading to their outcome, for as long as the partition is ours.

    `moved` is called after each outcome.
    """

    def __init__(
        self, deliver: Deliver, tasks: asyncio.TaskGroup, moved: Callable[[], None]
    ) -> None:
        self._deliver = deliver
        self._tasks = tasks
        self._moved = moved
        self._prefix = OffsetPrefix()
        self._waiting: dict[bytes | None, deque[Record]] = {}
        self._running: set[asyncio.Task[None]] = set()

    @property
    def next(self) -> int | None:
        """The offset that may be committed; none before the first outcome."""
        return self._prefix.next

    @property
    def backlog(self) -> int:
        """Records without an outcome, and those behind them that would come again with them."""
        return self._prefix.open

    def lag(self, position: int, end: int) -> int:
        """Offsets without an outcome in a partition read up to `position`, of those up to `end`."""
        first = self._prefix.first_open
        return max(0, end - (position if first is None else first))

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            self._prefix.begin(record.offset)
            queue = self._waiting.setdefault(record.wire.key, deque())
            queue.append(record)
            if len(queue) == 1:
                self._start(record.wire.key)

    def drop(self) -> None:
        """Forgets all that has no outcome yet: it comes again, to whoever has the partition."""
        for task in self._running:
            task.cancel()

    def _start(self, key: bytes | None) -> None:
        task = self._tasks.create_task(self._work_off(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _work_off(self, key: bytes | None) -> None:
        queue = self._waiting[key]
        while queue:
            await self._deliver(queue[0])
            self._prefix.finish(queue.popleft().offset)
            self._moved()
        del self._waiting[key]
