"""How many workers a pool should have, by what is asked of it and not by what was let in.

More are wanted at once; fewer one at a time, each after a spell in which fewer would have done.
"""

import math
from dataclasses import dataclass, replace

__all__ = ["Asked", "Bounds", "Scale", "scaled"]

_FULL = 0.95
"""Of a worker's speed that may be asked for: costs are estimates."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """`drain_seconds` is how soon a backlog should be gone, `calm_seconds` the spell."""

    least: int
    most: int
    drain_seconds: float
    calm_seconds: float


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Costs in megapixel-steps, rates in those per second.

    `offered` is what accounts wish for, admitted or not; none where nobody tells. `drained` is
    what was begun. `backlog` waits and has a promise, `deferred` waits without one. `speed` is one
    worker's, and greater than 0.
    """

    offered: float | None
    drained: float
    backlog: float
    deferred: float
    running: int
    speed: float


@dataclass(frozen=True, kw_only=True)
class Scale:
    """`fewer_since` is when fewer began to do, by a steady clock; `reason` is why it is so many."""

    wanted: int
    fewer_since: float | None = None
    reason: str = "as many as were there"


def scaled(scale: Scale, asked: Asked, bounds: Bounds, now: float) -> Scale:
    """The next decision. It has the reason of the last one where the number stays."""
    held = replace(scale, wanted=_within(scale.wanted, bounds))
    needed = _within(_needed(asked, bounds), bounds)
    if needed > held.wanted:
        return Scale(wanted=needed, reason=_words(asked))
    if needed == held.wanted:
        return replace(held, fewer_since=None)
    since = now if held.fewer_since is None else held.fewer_since
    if now - since < bounds.calm_seconds:
        return replace(held, fewer_since=since)
    return Scale(wanted=held.wanted - 1, fewer_since=now, reason=_words(asked))


def _needed(asked: Asked, bounds: Bounds) -> int:
    """For the rate, and for the backlog in its time; one where anything waits or is drawn."""
    for_rate = _rate(asked) / (_FULL * asked.speed)
    for_backlog = asked.backlog / (bounds.drain_seconds * asked.speed)
    anything = asked.running > 0 or asked.backlog > 0 or asked.deferred > 0
    return max(math.ceil(for_rate + for_backlog), int(anything))


def _rate(asked: Asked) -> float:
    return asked.drained if asked.offered is None else max(asked.offered, asked.drained)


def _within(count: int, bounds: Bounds) -> int:
    return max(bounds.least, min(bounds.most, count))


def _words(asked: Asked) -> str:
    source = "begun" if asked.offered is None else "offered"
    waiting = asked.backlog + asked.deferred
    return (
        f"{_rate(asked):.2f} a second {source}, {waiting:.2f} waiting, {asked.running} drawn now, "
        f"{asked.speed:.2f} a second for each worker"
    )
