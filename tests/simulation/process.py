"""A process whose every call to the outside waits for a word, and which may die at any of them."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from services.kit.errors import KitError, Unavailable
from tests.simulation.loop import OWNER, HeldClock, HeldLoop

__all__ = ["Call", "Fate", "Process"]

T = TypeVar("T")


class Fate(Enum):
    """What may become of a call to the database, the bus or the blob store."""

    DONE = auto()
    REFUSED = auto()
    UNANSWERED = auto()
    """It takes place, and its caller is told that the part is away."""
    KILLED_BEFORE = auto()
    KILLED_AFTER = auto()


@dataclass
class Call:
    """One call on its way: `act` is what it does outside, all at once."""

    part: str
    act: Callable[[], Any]
    answer: "asyncio.Future[Any]"
    writes: bool


class Process:
    """One life of one replica: tasks of its own, and nothing that outlasts them.

    `late` takes the writes that were on their way when nobody waited for them any more.
    """

    def __init__(
        self, name: str, loop: HeldLoop, clock: HeldClock, late: list[Callable[[], Any]]
    ) -> None:
        self.name = name
        self.loop = loop
        self.clock = clock
        self.alive = True
        self.calls: list[Call] = []
        self.faults: list[BaseException] = []
        self._late = late
        self._tasks: set[asyncio.Task[Any]] = set()
        self._context = contextvars.copy_context()
        self._context.run(OWNER.set, self)

    def spawn(self, act: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        return self.loop.create_task(act, context=self._context)

    def began(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def call(self, part: str, act: Callable[[], T], *, writes: bool = True) -> T:
        """Does `act` when the world lets it. Raises Unavailable where that is its fate."""
        if not self.alive:
            raise asyncio.CancelledError
        call = Call(part, act, self.loop.create_future(), writes)
        self.calls.append(call)
        try:
            answer: T = await call.answer
        except asyncio.CancelledError:
            if call in self.calls:
                self.calls.remove(call)
                self._give_up(call)
            raise
        return answer

    def answer(self, fate: Fate = Fate.DONE, pick: int = 0) -> None:
        """Lets one of the waiting calls come to its fate; a death is for the caller to bring."""
        call = self.calls.pop(pick % len(self.calls))
        if fate in (Fate.REFUSED, Fate.KILLED_BEFORE):
            _tell(call, Unavailable(call.part, "simulated"))
            return
        try:
            result = call.act()
        except KitError as error:
            _tell(call, error)
            return
        if fate is Fate.DONE:
            call.answer.set_result(result)
        else:
            _tell(call, Unavailable(call.part, "simulated"))

    def kill(self) -> None:
        """Ends everything at once; nothing that its tasks still do has any effect outside."""
        self.alive = False
        for call in self.calls:
            self._give_up(call)
        self.calls.clear()
        for _ in range(20):
            if not self._tasks:
                return
            for task in tuple(self._tasks):
                task.cancel()
            self.loop.settle()
        raise AssertionError(f"{self.name} would not die: {self._tasks}")

    def _give_up(self, call: Call) -> None:
        if call.writes:
            self._late.append(call.act)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and self.alive:
            self.faults.append(error)


def _tell(call: Call, error: Exception) -> None:
    call.answer.set_exception(error)
