"""The sides at saturation, in turns: against one at a time, whole requests and the peer."""

import statistics
from contextlib import ExitStack

from benchmarks.engine.arrivals import jobs_per_second, mixed
from benchmarks.engine.line import Side
from benchmarks.engine.peer import peer
from benchmarks.engine.sides import one_at_a_time, request_level, step_level
from benchmarks.engine.subject import COMPUTE_BOUND, LAUNCH_BOUND, built
from benchmarks.sizes import Figures, Sizes

__all__ = ["compute", "saturation"]

_OURS = "step by step"


def saturation(sizes: Sizes) -> Figures:
    with ExitStack() as stack:
        sides: dict[str, Side] = {
            _OURS: stack.enter_context(step_level(built(LAUNCH_BOUND))),
            "one at a time": stack.enter_context(one_at_a_time(built(LAUNCH_BOUND))),
            "request by request": stack.enter_context(request_level(built(LAUNCH_BOUND))),
            "peer": stack.enter_context(peer()),
        }
        return _in_turns("launch-bound", sides, sizes.engine_jobs, sizes.rounds)


def compute(sizes: Sizes) -> Figures:
    with ExitStack() as stack:
        sides: dict[str, Side] = {
            _OURS: stack.enter_context(step_level(built(COMPUTE_BOUND))),
            "one at a time": stack.enter_context(one_at_a_time(built(COMPUTE_BOUND))),
        }
        return _in_turns("compute-bound", sides, sizes.compute_jobs, sizes.rounds)


def _in_turns(model: str, sides: dict[str, Side], count: int, rounds: int) -> Figures:
    jobs = mixed(count)
    for side in sides.values():
        jobs_per_second(side, jobs[: count // 2])
    found = [
        {name: jobs_per_second(side, jobs) for name, side in sides.items()} for _ in range(rounds)
    ]
    figures = {
        f"{model}, jobs per second, {name}": statistics.median(one[name] for one in found)
        for name in sides
    }
    for name in sides.keys() - {_OURS}:
        ratios = [one[_OURS] / one[name] for one in found]
        figures[f"{model}, {_OURS} to {name}"] = statistics.median(ratios)
        figures[f"{model}, {_OURS} to {name}, lowest round"] = min(ratios)
    return figures
