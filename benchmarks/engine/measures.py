"""The engine's figures by name. Imports torch, which takes seconds."""

import json
from collections.abc import Callable, Iterable

from benchmarks.bench import say
from benchmarks.engine.load import compute, saturation
from benchmarks.engine.own import cancel, overhead
from benchmarks.engine.waits import first_step, overload
from benchmarks.sizes import Figures, Sizes

__all__ = ["engine"]

_MEASURES: dict[str, Callable[[Sizes], Figures]] = {
    "saturation": saturation,
    "compute": compute,
    "first-step": first_step,
    "overload": overload,
    "cancel": cancel,
    "engine-overhead": overhead,
}


def engine(only: Iterable[str], sizes: Sizes) -> Figures:
    figures: Figures = {}
    for name in only:
        say(f"measuring {name}")
        found = _MEASURES[name](sizes)
        say(json.dumps(found))
        figures |= found
    return figures
