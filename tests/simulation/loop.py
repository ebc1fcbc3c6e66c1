"""An event loop without sockets or threads, whose time stands still until it is told to move."""

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol, TypeVar

__all__ = ["BEGIN", "OWNER", "HeldClock", "HeldLoop", "Owner"]

T = TypeVar("T")

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

_SHORT = 0.06
"""Seconds that pass by themselves: pauses that only spread writers would hold the world up."""


class Owner(Protocol):
    """Whose tasks are counted, so that they can all be ended at once."""

    def began(self, task: "asyncio.Task[Any]") -> None: ...


OWNER: contextvars.ContextVar[Owner | None] = contextvars.ContextVar("owner", default=None)


class HeldLoop(asyncio.AbstractEventLoop):
    """Runs what is ready when `settle` is called, in order; timers come due in `advance` alone."""

    def __init__(self) -> None:
        self.complaints: list[dict[str, Any]] = []
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = count()

    def settle(self) -> None:
        """Runs all that can run without time passing."""
        if not self._ready:
            return
        asyncio.events._set_running_loop(self)
        try:
            while self._ready:
                handle = self._ready.popleft()
                if handle.cancelled():
                    continue
                if isinstance(handle, asyncio.TimerHandle):
                    self._now = max(self._now, handle.when())
                handle._run()
        finally:
            asyncio.events._set_running_loop(None)

    def advance(self, until: float) -> None:
        """Moves time; of all that comes due on the way, each finds its own moment."""
        while (due := self.next_due()) is not None and due <= until:
            self._ready.append(heapq.heappop(self._timers)[2])
            self.settle()
        self._now = max(self._now, until)

    def next_due(self) -> float | None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> "asyncio.Task[T]":
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        if owner := (context.get(OWNER) if context else OWNER.get()):
            owner.began(task)
        return task

    def call_soon(  # type: ignore[override] # typeshed says it with a TypeVarTuple
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override] # the same
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override] # the same
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        if when - self._now < _SHORT:
            self._ready.append(timer)
        else:
            heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.complaints.append(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is left out when its time comes."""


class HeldClock:
    """The loop's time as one machine's clock shows it: wrong by `skew`."""

    def __init__(self, loop: HeldLoop, skew: timedelta = timedelta()) -> None:
        self._loop = loop
        self._begin = BEGIN + skew

    def now(self) -> datetime:
        return self._begin + timedelta(milliseconds=int(self._loop.time() * 1000))

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
