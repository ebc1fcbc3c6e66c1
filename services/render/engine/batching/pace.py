"""When the next step is due, who takes it, and how large steps should be."""

from collections import OrderedDict
from collections.abc import Collection, Hashable

from services.contracts import Lane
from services.render.core import BatchTurns, Call, StepTime, is_full, next_batch

__all__ = ["StepPace"]

_SOON_SECONDS = 0.005
_SOON_SHARE = 0.2
"""Of the last step's time: a paid render that is only so late is worth more than to go without."""
_SHAPES_KNOWN = 256


class StepPace:
    """Remembers turns and step times. `rows_at_once` bounds a step, whatever it would gain."""

    def __init__(self, rows_at_once: int) -> None:
        self._rows_at_once = rows_at_once
        self._turns = BatchTurns()
        self._times: OrderedDict[Hashable, StepTime] = OrderedDict()
        self._soon = _SOON_SECONDS
        self._base: float | None = None
        self._idle_since = 0.0

    def wait(self, waiting: Collection[Call], absent: Collection[Lane], now: float) -> float | None:
        """Seconds until the next step is due: 0 when it is, none where nobody waits.

        `absent` are the lanes of renders between their first and last step that don't wait yet.
        They are waited for as long as joining them can save: the time in which a step that is
        launched computes nothing. Where the step is full without them, only paid ones are.
        """
        if not waiting:
            return None
        if not absent or (Lane.PAID not in absent and self._is_full(waiting)):
            return 0
        began = max(self._idle_since, min(call.since for call in waiting))
        return max(0.0, began + self._patience(absent) - now)

    def _is_full(self, waiting: Collection[Call]) -> bool:
        return is_full(waiting, self._turns, self._limit)

    def _patience(self, absent: Collection[Lane]) -> float:
        if self._base is None:
            return self._soon
        return max(self._base, self._soon) if Lane.PAID in absent else self._base

    def choose(self, waiting: Collection[Call]) -> tuple[Call, ...]:
        batch = next_batch(waiting, self._turns, self._limit)
        self._turns = batch.turns
        return batch.calls

    def took(self, calls: tuple[Call, ...], began: float, ended: float) -> None:
        """A step of these calls, on the clock by which they wait."""
        seconds = ended - began
        self._learn(calls[0].shape, self._time(calls[0]).seen(_rows(calls), seconds))
        self._idle_since = ended
        self._soon = max(_SOON_SECONDS, _SOON_SHARE * seconds)
        base = self._time(calls[0]).base
        self._base = None if base is None else min(base, seconds)

    def refused(self, calls: tuple[Call, ...]) -> None:
        """So many rows at once did not fit into memory."""
        self._learn(calls[0].shape, self._time(calls[0]).refused(_rows(calls)))

    def _limit(self, lead: Call) -> int:
        return self._time(lead).limit(lead.rows, self._rows_at_once)

    def _time(self, call: Call) -> StepTime:
        return self._times.get(call.shape) or StepTime()

    def _learn(self, shape: Hashable, time: StepTime) -> None:
        self._times[shape] = time
        self._times.move_to_end(shape)
        if len(self._times) > _SHAPES_KNOWN:
            self._times.popitem(last=False)


def _rows(calls: tuple[Call, ...]) -> int:
    return sum(call.rows for call in calls)
