"""Where renders meet for each step, and the thread that runs it."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from services.contracts import Lane
from services.render.core import Call
from services.render.engine.batching.pace import StepPace
from services.render.engine.batching.seat import Inputs, Seat
from services.render.engine.faults import is_device_lost, is_out_of_memory
from services.render.engine.painter import InterruptedRenderError

__all__ = ["Gatherer"]

Run = Callable[[Sequence[Any]], list[Any]]


class Gatherer:
    """Runs the next step as soon as those between their first and last step wait for it.

    `run` is called with the inputs of calls of one shape, and answers each; never twice at once. A
    render that steps alone calls it itself, which spares it two changes of threads; for several
    it is one thread that does, always the same.
    """

    def __init__(
        self,
        run: Run,
        pace: StepPace,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._pace = pace
        self._now = now
        self._numbers = itertools.count()
        self._news = threading.Condition()
        self._stepping: set[Seat] = set()
        self._waiting: dict[Call, Seat] = {}
        self._busy = False
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="denoiser", daemon=True)
        self._thread.start()

    @contextmanager
    def seat(self, lane: Lane, account: str) -> Iterator[Seat]:
        """A place for one run of a pipeline."""
        seat = Seat(next(self._numbers), lane, account, self)
        try:
            yield seat
        finally:
            self.leave(seat)

    def wait(self, seat: Seat, inputs: Inputs) -> None:
        """From now on this seat waits for its next step; if it is alone, it takes it now."""
        with self._news:
            if seat.stopped or self._closed:
                seat.answer(error=InterruptedRenderError())
                return
            call = Call(
                seat.number, inputs.shape, seat.lane, seat.account, inputs.rows, self._now()
            )
            self._stepping.add(seat)
            self._waiting[call] = seat
            if self._busy or len(self._stepping) > 1:
                self._news.notify()
                return
            calls = self._taken()
        self._step_and_tell(calls)

    def leave(self, seat: Seat) -> None:
        with self._news:
            self._stepping.discard(seat)
            self._news.notify()

    def stop(self, seat: Seat) -> None:
        with self._news:
            seat.stopped = True
            for call in [call for call, one in self._waiting.items() if one is seat]:
                del self._waiting[call]
                seat.answer(error=InterruptedRenderError())

    def close(self) -> None:
        """Ends the thread, after the step under way; who waits or comes later is interrupted."""
        with self._news:
            self._closed = True
            for seat in self._waiting.values():
                seat.answer(error=InterruptedRenderError())
            self._waiting.clear()
            self._news.notify()
        self._thread.join()

    def _serve(self) -> None:
        while calls := self._next():
            self._step_and_tell(calls)

    def _next(self) -> dict[Call, Seat]:
        """The calls of the next step, once it is due; none when all is over."""
        with self._news:
            while not self._closed:
                wait = None if self._busy else self._due_in()
                if wait == 0:
                    return self._taken()
                self._news.wait(wait)
        return {}

    def _due_in(self) -> float | None:
        absent = [seat.lane for seat in self._stepping.difference(self._waiting.values())]
        return self._pace.wait(self._waiting, absent, self._now())

    def _taken(self) -> dict[Call, Seat]:
        self._busy = True
        return {call: self._waiting.pop(call) for call in self._pace.choose(self._waiting)}

    def _step_and_tell(self, calls: dict[Call, Seat]) -> None:
        try:
            self._step(calls)
        finally:
            with self._news:
                self._busy = False
                self._news.notify()

    def _step(self, calls: dict[Call, Seat]) -> None:
        began = self._now()
        try:
            outputs = self._run([seat.inputs for seat in calls.values()])
        except Exception as error:  # noqa: BLE001 - each render hears of it and tells its end
            self._failed(calls, error)
            return
        for seat, output in zip(calls.values(), outputs, strict=True):
            seat.answer(output)
        self._pace.took(tuple(calls), began, self._now())

    def _failed(self, calls: dict[Call, Seat], error: Exception) -> None:
        """Tries in smaller parts: one call's fault fails that call alone, a size what is larger."""
        if too_large := is_out_of_memory(error):
            self._pace.refused(tuple(calls))
        if len(calls) == 1 or is_device_lost(error):
            for seat in calls.values():
                seat.answer(error=error)
            return
        for part in _parts(calls, 2 if too_large else len(calls)):
            self._step(part)


def _parts(calls: dict[Call, Seat], count: int) -> list[dict[Call, Seat]]:
    items = list(calls.items())
    size = -(-len(items) // count)
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]
