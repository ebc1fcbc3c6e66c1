"""Which renders take their next denoising step together.

Lanes go strictly first, but for a floor that free renders keep. Within a lane accounts take turns
by rows: start-time fair queueing (P. Goyal, H. M. Vin, H. Chen, SIGCOMM 1996). Within an account
the one that waits longest goes first, where it fits; what one behind it had instead is not held
against one that was passed over often, so neither a shape nor a size starves. A render that is not
chosen is parked: it keeps its latents and waits.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace

from services.contracts import Lane
from services.render.core.lanes import FREE_FLOOR

__all__ = ["Batch", "BatchTurns", "Call", "is_full", "next_batch"]

_CREDIT_PER_ROW = FREE_FLOOR / (1 - FREE_FLOOR)
_URGENCY = {lane: place for place, lane in enumerate(Lane)}

_MOST_PASSED = 4
"""How often a render lets others of its account go ahead that are behind it and fit in better."""

_Queue = tuple[Lane, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A render that waits for its next step.

    Calls of one `shape` can share a step. `rows` is what it adds to the batch; `since` is when it
    began to wait, in seconds.
    """

    render: int
    shape: Hashable
    lane: Lane
    account: str
    rows: int
    since: float


@dataclass(frozen=True)
class BatchTurns:
    """What each account of a lane has had, and what waiting free renders are owed, in rows.

    `passed` is how often a waiting render was passed over by others of its account behind it.
    """

    finish: Mapping[_Queue, float] = field(default_factory=dict)
    virtual: Mapping[Lane, float] = field(default_factory=dict)
    credit: float = 0.0
    passed: Mapping[int, int] = field(default_factory=dict)

    def start(self, call: Call) -> float:
        virtual = self.virtual.get(call.lane, 0.0)
        return max(virtual, self.finish.get((call.lane, call.account), 0.0))

    def place(self, call: Call) -> float:
        """Where it stands in its lane: an overdue one as if its account had had nothing of late."""
        if self.passed.get(call.render, 0) >= _MOST_PASSED:
            return self.virtual.get(call.lane, 0.0)
        return self.start(call)

    def taken(self, call: Call) -> "BatchTurns":
        start = self.start(call)
        finish = {**self.finish, (call.lane, call.account): start + call.rows}
        return replace(self, finish=finish)

    def led_by(self, lead: Call) -> "BatchTurns":
        """The lane's time moves on to this call's start; who is behind that is forgotten."""
        virtual = {**self.virtual, lead.lane: self.start(lead)}
        finish = {
            queue: finish
            for queue, finish in self.finish.items()
            if finish > virtual.get(queue[0], 0.0)
        }
        return replace(self, virtual=virtual, finish=finish)


@dataclass(frozen=True)
class Batch:
    """The calls of the next step, the one that led first, and whose turn it is after it."""

    calls: tuple[Call, ...]
    turns: BatchTurns


def is_full(waiting: Collection[Call], turns: BatchTurns, limit: Callable[[Call], int]) -> bool:
    """Whether whoever leads has company for all the rows that a step may have."""
    if not waiting:
        return False
    lead = _lead(waiting, turns)
    return sum(call.rows for call in waiting if call.shape == lead.shape) >= limit(lead)


def next_batch(waiting: Collection[Call], turns: BatchTurns, limit: Callable[[Call], int]) -> Batch:
    """`waiting` is not empty. `limit` says how many rows a step led by this call may have.

    A call with more rows than that goes alone.
    """
    lead = _lead(waiting, turns)
    room = max(limit(lead), lead.rows) - lead.rows
    chosen, now = [lead], turns.led_by(lead).taken(lead)
    others = {call for call in waiting if call.shape == lead.shape and call != lead}
    while fitting := [call for call in others if call.rows <= room]:
        best = _first(fitting, now)
        others.discard(best)
        chosen.append(best)
        room -= best.rows
        now = now.taken(best)
    credit = _credit(waiting, tuple(chosen), turns.credit)
    passed = _passed(waiting, tuple(chosen), turns.passed)
    return Batch(tuple(chosen), replace(now, credit=credit, passed=passed))


def _lead(waiting: Collection[Call], turns: BatchTurns) -> Call:
    """The first by urgency, or the first free one where waiting has earned it a step."""
    first = _first(waiting, turns)
    free = [call for call in waiting if call.lane is Lane.FREE]
    if first.lane is Lane.PAID and free:
        owed = _first(free, turns)
        return owed if turns.credit >= owed.rows else first
    return first


def _first(calls: Collection[Call], turns: BatchTurns) -> Call:
    return min(
        calls,
        key=lambda call: (
            _URGENCY[call.lane],
            turns.place(call),
            call.since,
            call.render,
        ),
    )


def _passed(
    waiting: Collection[Call], chosen: tuple[Call, ...], passed: Mapping[int, int]
) -> dict[int, int]:
    """Of those that wait on; who was never passed over is left out."""
    last: dict[_Queue, tuple[float, int]] = {}
    for call in chosen:
        queue = (call.lane, call.account)
        last[queue] = max(last.get(queue, (call.since, call.render)), (call.since, call.render))
    counted = {
        call.render: passed.get(call.render, 0) + _is_behind(last, call)
        for call in waiting
        if call not in chosen
    }
    return {render: times for render, times in counted.items() if times}


def _is_behind(last: Mapping[_Queue, tuple[float, int]], call: Call) -> bool:
    """Whether one of its account that came after it was chosen."""
    place = (call.since, call.render)
    return last.get((call.lane, call.account), place) > place


def _credit(waiting: Collection[Call], chosen: tuple[Call, ...], credit: float) -> float:
    """Paid rows earn it while free renders are there; what free ones get spends it.

    Those that fit in beside paid ones cost nothing while another one is passed over: else small
    ones would spend for ever what a larger one behind them has earned.
    """
    free = [call for call in waiting if call.lane is Lane.FREE]
    if not free:
        return 0.0
    credit += _rows(chosen, Lane.PAID) * _CREDIT_PER_ROW
    if chosen[0].lane is Lane.FREE or all(call in chosen for call in free):
        return max(0.0, credit - _rows(chosen, Lane.FREE))
    return credit


def _rows(calls: Collection[Call], lane: Lane) -> int:
    return sum(call.rows for call in calls if call.lane is lane)
