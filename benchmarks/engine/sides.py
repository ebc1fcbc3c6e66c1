"""The ways to serve a pipeline that are measured side by side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.engine.jobs import Job
from benchmarks.engine.line import Line
from benchmarks.engine.subject import drawn
from services.contracts import Lane
from services.render.engine.batching import SharedRenders

__all__ = ["PLACES", "one_at_a_time", "request_level", "step_level"]

PLACES = 8
"""Renders under way together; the engine's own default."""
_ROWS = 2 * PLACES


@contextmanager
def one_at_a_time(pipeline: Any) -> Iterator[Line]:
    """The bare pipeline, none of our engine: in order of arrival."""

    def draws(job: Job, on_step: Callable[[int], None]) -> None:
        drawn(pipeline, [job.number], job.steps, on_step)

    with _closing(Line(draws, 1)) as line:
        yield line


@contextmanager
def step_level(pipeline: Any, *, by_lane: bool = True) -> Iterator[Line]:
    """Ours: renders join and leave at each step. Not `by_lane`, all are alike and in one line."""
    with _shared(pipeline, by_lane=by_lane, gangs=False) as line:
        yield line


@contextmanager
def request_level(pipeline: Any) -> Iterator[Line]:
    """Ours, but nobody joins before all have left; steps are still only those that each needs."""
    with _shared(pipeline, by_lane=False, gangs=True) as line:
        yield line


@contextmanager
def _shared(pipeline: Any, *, by_lane: bool, gangs: bool) -> Iterator[Line]:
    renders = SharedRenders(pipeline, _ROWS)

    def draws(job: Job, on_step: Callable[[int], None]) -> None:
        lane = job.lane if by_lane else Lane.FREE
        with renders.begin(lane, f"account-{job.number % PLACES}") as (private, seat):

            def stepped(index: int) -> None:
                if index + 1 == job.steps:
                    seat.leave()
                on_step(index)

            drawn(private, [job.number], job.steps, stepped)

    try:
        with _closing(Line(draws, PLACES, by_lane=by_lane, gangs=gangs)) as line:
            yield line
    finally:
        renders.close()


@contextmanager
def _closing(line: Line) -> Iterator[Line]:
    try:
        yield line
    finally:
        line.close()
