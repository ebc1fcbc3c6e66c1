"""When the next step is due, who takes it, and how large steps should be."""

from collections import OrderedDict
from collections.abc import Collection, Hashable

from services.render.core import BatchTurns, Call, StepTime, is_due, next_batch

__all__ = ["StepPace"]

_PATIENCE_SECONDS = 0.005
_PATIENCE_SHARE = 0.2
"""Of the last step's time: who is only a little late is worth more than a step without him."""
_SHAPES_KNOWN = 256


class StepPace:
    """Remembers turns and step times. `rows_at_once` bounds a step, whatever it would gain."""

    def __init__(self, rows_at_once: int) -> None:
        self._rows_at_once = rows_at_once
        self._turns = BatchTurns()
        self._times: OrderedDict[Hashable, StepTime] = OrderedDict()
        self._patience = _PATIENCE_SECONDS

    def wait(self, waiting: Collection[Call], stepping: int, now: float) -> float | None:
        """Seconds until the next step is due: 0 when it is, none where nobody waits."""
        if not waiting:
            return None
        longest = now - min(call.since for call in waiting)
        if is_due(len(waiting), stepping, longest, self._patience):
            return 0
        return self._patience - longest

    def choose(self, waiting: Collection[Call]) -> tuple[Call, ...]:
        batch = next_batch(waiting, self._turns, self._limit)
        self._turns = batch.turns
        return batch.calls

    def took(self, calls: tuple[Call, ...], seconds: float) -> None:
        self._patience = max(_PATIENCE_SECONDS, _PATIENCE_SHARE * seconds)
        self._learn(calls[0].shape, self._time(calls[0]).seen(_rows(calls), seconds))

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
