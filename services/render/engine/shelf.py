"""The models in memory, fetched when a render asks for one that isn't there."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.render.core import Resident, room_for
from services.render.engine.messages import Shelved
from services.render.engine.painter import InterruptedRenderError, Watch

__all__ = ["Library", "Shelf"]

T = TypeVar("T")


class Library(Protocol[T]):
    """Where models come from."""

    def size(self, model: str) -> int:
        """The bytes that it takes in memory."""
        ...

    def fetch(self, model: str) -> T:
        """Loads it: takes seconds. What it raises fails the render that asked."""
        ...

    def release(self, model: T) -> None:
        """Ends what it runs: nobody draws with it any more."""
        ...

    def sweep(self) -> None:
        """Gives back the memory of those that were released."""
        ...


@dataclass
class _Held(Generic[T]):
    model: T
    size: int
    users: int
    asked: int


class Shelf(Generic[T]):
    """Lends models to any number of threads. Without a `budget`, in bytes, nothing ever leaves.

    Who asks first is served first: a model that has to wait for room is not passed by those that
    are there, so none is asked for in vain. `tell` hears of each change.
    """

    def __init__(
        self,
        library: Library[T],
        budget: int | None,
        tell: Callable[[Shelved], None],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library = library
        self._budget = budget
        self._tell = tell
        self._now = now
        self._turns = itertools.count()
        self._line: list[int] = []
        self._news = threading.Condition()
        self._held: dict[str, _Held[T]] = {}
        self._fetching: str | None = None
        self._seconds: dict[str, float] = {}

    @property
    def state(self) -> Shelved:
        return Shelved(
            models=tuple(sorted(self._held)),
            fetching=self._fetching,
            seconds=dict(self._seconds),
        )

    @contextmanager
    def borrowed(self, model: str, watch: Watch) -> Iterator[T]:
        """Stays in memory for as long as the block. Waits for it, unless `watch` says stop."""
        held = self._entered(model, watch)
        try:
            yield held.model
        finally:
            with self._news:
                held.users -= 1
                self._news.notify_all()

    def _entered(self, model: str, watch: Watch) -> _Held[T]:
        stopped = threading.Event()
        watch.on_stop(lambda: self._ring(stopped))
        turn = next(self._turns)
        with self._news:
            self._line.append(turn)
            try:
                self._news.wait_for(lambda: stopped.is_set() or self._is_served(turn, model))
                if stopped.is_set():
                    raise InterruptedRenderError
                if (held := self._held.get(model)) is not None:
                    held.users, held.asked = held.users + 1, turn
                    return held
                self._make_room(model)
            finally:
                self._line.remove(turn)
                self._news.notify_all()
        return self._fetched(model, turn)

    def _ring(self, stopped: threading.Event) -> None:
        stopped.set()
        with self._news:
            self._news.notify_all()

    def _is_served(self, turn: int, model: str) -> bool:
        if self._line[0] != turn:
            return False
        return model in self._held or (self._fetching is None and self._leaving(model) is not None)

    def _leaving(self, model: str) -> tuple[str, ...] | None:
        if self._budget is None:
            return ()
        residents = {
            name: Resident(one.size, one.users, one.asked) for name, one in self._held.items()
        }
        return room_for(self._size(model), residents, self._budget)

    def _make_room(self, model: str) -> None:
        for name in self._leaving(model) or ():
            self._library.release(self._held.pop(name).model)
        self._library.sweep()
        self._fetching = model
        self._tell(self.state)

    def _fetched(self, model: str, turn: int) -> _Held[T]:
        began = self._now()
        fetched: dict[str, _Held[T]] = {}
        try:
            fetched[model] = _Held(self._library.fetch(model), self._size(model), 1, turn)
            self._seconds[model] = self._now() - began
        finally:
            with self._news:
                self._held |= fetched
                self._fetching = None
                self._tell(self.state)
                self._news.notify_all()
        return fetched[model]

    def _size(self, model: str) -> int:
        """Not looked up where nothing depends on it: that reads files."""
        return 0 if self._budget is None else self._library.size(model)
