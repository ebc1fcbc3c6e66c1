"""How long jobs wait that come by themselves: for a first step, and paid ones under overload."""

from contextlib import ExitStack

from benchmarks.client import percentile
from benchmarks.engine.arrivals import answered, jobs_per_second, mixed, open_loop
from benchmarks.engine.line import Side
from benchmarks.engine.peer import peer
from benchmarks.engine.sides import step_level
from benchmarks.engine.subject import LAUNCH_BOUND, built
from benchmarks.sizes import Figures, Sizes
from services.contracts import Lane

__all__ = ["first_step", "overload"]

_LOAD = 0.9
_OVERLOAD = 2.5
_PAID = 0.2
"""Of the jobs: half of what can be drawn, at two and a half times the load."""


def first_step(sizes: Sizes) -> Figures:
    """From a job's arrival to the end of its first step, at 0.9 of what the peer can draw."""
    with ExitStack() as stack:
        sides: dict[str, Side] = {
            "step by step": stack.enter_context(step_level(built(LAUNCH_BOUND))),
            "peer": stack.enter_context(peer()),
        }
        capacity = {name: _capacity(side, sizes) for name, side in sides.items()}
        arrivals = open_loop(_LOAD * capacity["peer"], sizes.arrival_seconds)
        waits = {
            name: [times.first - at for at, times in answered(side, arrivals)]
            for name, side in sides.items()
        }
    ours, theirs = (percentile(waits[name], 0.95) for name in sides)
    return {
        "arrivals a second, 0.9 of the peer's rate": _LOAD * capacity["peer"],
        "the same, of our rate": _LOAD * capacity["peer"] / capacity["step by step"],
        "arrival to first step, step by step, p95, ms": 1000 * ours,
        "arrival to first step, peer, p95, ms": 1000 * theirs,
        "arrival to first step, ours to the peer's": ours / theirs,
    }


def overload(sizes: Sizes) -> Figures:
    """From a paid job's arrival to its end at 2.5 times the load: by lanes, and in one line."""
    found: dict[str, float] = {}
    for name, by_lane in (("lanes", True), ("one line", False)):
        with step_level(built(LAUNCH_BOUND), by_lane=by_lane) as side:
            rate = _OVERLOAD * _capacity(side, sizes)
            arrivals = open_loop(rate, sizes.overload_seconds, _PAID)
            ends = zip(arrivals, answered(side, arrivals), strict=True)
            paid = [times.end - at for one, (at, times) in ends if one.job.lane is Lane.PAID]
            found[name] = percentile(paid, 0.95)
    return {
        "paid, arrival to end, lanes, p95, s": found["lanes"],
        "paid, arrival to end, one line, p95, s": found["one line"],
        "paid p95, lanes to one line": found["lanes"] / found["one line"],
    }


def _capacity(side: Side, sizes: Sizes) -> float:
    jobs_per_second(side, mixed(sizes.engine_jobs // 2))
    return jobs_per_second(side, mixed(sizes.engine_jobs))
