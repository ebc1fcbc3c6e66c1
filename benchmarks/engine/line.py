"""Who waits for a place, and the threads that draw: shared by the sides that need no server."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.engine.jobs import Job
from services.contracts import Lane

__all__ = ["Draws", "Line", "Side", "Times"]

Draws = Callable[[Job, Callable[[int], None]], Any]


@dataclass(frozen=True)
class Times:
    """Seconds on the machine's monotonic clock; `first` is the end of the first step."""

    first: float
    end: float


class Side(Protocol):
    def submit(self, job: Job) -> Future[Times]: ...


class Line:
    """Draws with so many threads, in order of arrival, or paid jobs first where `by_lane`.

    With `gangs`, threads that have drawn wait for one another before they take the next jobs.
    """

    def __init__(
        self, draws: Draws, places: int, *, by_lane: bool = False, gangs: bool = False
    ) -> None:
        self._draws = draws
        self._places = places
        self._by_lane = by_lane
        self._gangs = gangs
        self._news = threading.Condition()
        self._waiting: list[tuple[Job, Future[Times]]] = []
        self._busy = 0
        self._open = True
        self._closed = False
        self._threads = [threading.Thread(target=self._serve) for _ in range(places)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> Future[Times]:
        told: Future[Times] = Future()
        with self._news:
            self._waiting.append((job, told))
            self._news.notify()
        return told

    def close(self) -> None:
        """What is under way ends; what waits is dropped."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (taken := self._take()) is not None:
            job, told = taken
            seen: list[float] = []
            try:
                self._draws(job, lambda index: seen.append(time.monotonic()))  # noqa: B023, ARG005 - called before the next turn
            except Exception as error:  # noqa: BLE001 - whoever asked hears of it
                told.set_exception(error)
            else:
                told.set_result(Times(seen[0], time.monotonic()))
            with self._news:
                self._busy -= 1
                self._open = not self._gangs or self._busy == 0
                self._news.notify_all()

    def _take(self) -> tuple[Job, Future[Times]] | None:
        with self._news:
            self._news.wait_for(lambda: self._closed or (self._open and self._waiting))
            if self._closed:
                return None
            paid = (one for one in self._waiting if one[0].lane is Lane.PAID)
            taken = next(paid, self._waiting[0]) if self._by_lane else self._waiting[0]
            self._waiting.remove(taken)
            self._busy += 1
            if self._gangs and (self._busy == self._places or not self._waiting):
                self._open = False
            return taken
