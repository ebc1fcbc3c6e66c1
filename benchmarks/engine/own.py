"""What the engine itself costs: per step, and until a cancelled render's place is free."""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from benchmarks.client import percentile
from benchmarks.engine.sides import PLACES
from benchmarks.engine.subject import LAUNCH_BOUND, built, drawn, slowed
from benchmarks.sizes import Figures, Sizes
from services.contracts import Lane
from services.render.engine.batching import SharedRenders
from services.render.engine.painter import InterruptedRenderError

__all__ = ["cancel", "overhead"]

_STEP_SECONDS = 0.02
_STEPS = 40
_MANY_STEPS = 900


def overhead(sizes: Sizes) -> Figures:
    """Seconds per step of one render, by the bare pipeline and by the engine, in turns."""
    pipeline = built(LAUNCH_BOUND)
    slowed(pipeline, _STEP_SECONDS)
    renders = SharedRenders(pipeline, 2)
    bare, ours = [], []
    for _ in range(sizes.engine_tries):
        bare += _gaps(pipeline)
        with renders.begin(Lane.PAID, "account") as (private, _seat):
            ours += _gaps(private)
    renders.close()
    alone, through = statistics.median(bare), statistics.median(ours)
    return {
        "a step alone, bare pipeline, ms": 1000 * alone,
        "a step alone, engine, ms": 1000 * through,
        "engine overhead per step, %": 100 * (through / alone - 1),
    }


def cancel(sizes: Sizes) -> Figures:
    """From the wish to stop until the render has left, while others step beside it."""
    pipeline = built(LAUNCH_BOUND)
    slowed(pipeline, _STEP_SECONDS)
    renders = SharedRenders(pipeline, 2 * PLACES)
    took = [_stopped(renders) for _ in range(sizes.engine_tries)]
    renders.close()
    return {
        "cancel to place free, p95, ms": 1000 * percentile([one for one, _ in took], 0.95),
        "cancel to place free, longest, ms": 1000 * max(one for one, _ in took),
        "a step meanwhile, median, ms": 1000 * statistics.median(step for _, step in took),
        "cancel to place free over a step, longest, ms": 1000 * max(a - b for a, b in took),
    }


def _gaps(pipeline: Any) -> list[float]:
    seen: list[float] = []
    drawn(pipeline, [1], _STEPS, lambda _: seen.append(time.monotonic()))
    return [after - before for before, after in pairwise(seen)]


def _stopped(renders: SharedRenders) -> tuple[float, float]:
    """Seconds until the first of several renders has left, and the longest step seen meanwhile."""
    stepping = threading.Barrier(PLACES + 1)
    seats: list[Any] = [None] * PLACES
    ends, steps = [0.0] * PLACES, list[float]()

    def run(number: int) -> None:
        def on_step(index: int) -> None:
            if index == 2:  # noqa: PLR2004 - warm by then
                stepping.wait()
            if number == 1:
                steps.append(time.monotonic())

        try:
            with renders.begin(Lane.FREE, f"account-{number}") as (private, seats[number]):
                drawn(private, [number], _MANY_STEPS, on_step)
        except InterruptedRenderError:
            ends[number] = time.monotonic()

    with ThreadPoolExecutor(PLACES) as threads:
        for number in range(PLACES):
            threads.submit(run, number)
        stepping.wait()
        time.sleep(10.3 * _STEP_SECONDS)
        began = time.monotonic()
        seats[0].stop()
        time.sleep(5 * _STEP_SECONDS)
        for seat in seats[1:]:
            seat.stop()
    gaps = [after - before for before, after in pairwise(steps[3:])]
    return ends[0] - began, statistics.median(gaps)
