"""Takes the next job from the queue: whose lane, whose turn, and nobody else's."""

from datetime import timedelta

import structlog

from services.contracts import Lane
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.telemetry import span
from services.render.core import (
    Claim,
    Running,
    Waiting,
    choose_lane,
    claim,
    claim_of,
    line_of,
)
from services.render.repository import Found, Lines, Queue
from services.render.worker.meter import Meter
from services.render.worker.scout import Scout

__all__ = ["Claimer", "Taken"]

_log = structlog.get_logger("render.worker")

_URGENT = (Lane.PAID, Lane.FREE)

Taken = tuple[Claim, Running]


class Claimer:
    def __init__(
        self,
        worker: str,
        *,
        queue: Queue,
        lines: Lines,
        scout: Scout,
        meter: Meter,
        clock: Clock,
        lease: timedelta,
    ) -> None:
        self._worker = worker
        self._queue = queue
        self._lines = lines
        self._scout = scout
        self._meter = meter
        self._clock = clock
        self._lease = lease
        self._credit = 0.0

    async def next(self, *, alone: bool) -> Taken | None:
        """A job that is now ours; none where nothing is known to wait. Raises Unavailable.

        A suspect whose turn it is waits until the worker is `alone` with it, and all others wait
        with it: so it comes to that.
        """
        while heads := await self._heads():
            costs = {lane: found.entry.order.cost for lane, found in heads.items()}
            choice = choose_lane(costs, self._credit)
            assert choice is not None
            candidate = heads[choice.lane]
            if candidate.entry.tries.suspect and not alone:
                return None
            self._scout.forget(choice.lane, candidate.job)
            if (taken := await self._take(candidate)) is not None:
                self._credit = choice.credit
                return taken
        return None

    async def pass_on(self, taken: Taken) -> None:
        """The line has come as far as this job; to be called when it is on its way already."""
        order = taken[1].order
        line = line_of(order.pool, order.lane)
        try:
            await self._lines.claimed(line, order.ticket)
        except Unavailable as error:
            # The next claim moves the line on as well; until then newcomers go a little earlier.
            _log.warning("line_not_moved", line=line, reason=error.detail)

    async def held(self) -> list[Taken]:
        """All that the database says is ours: also a claim whose answer got lost."""
        found = await self._queue.held_by(self._worker)
        mine = ((claim_of(one.entry, one.job, self._worker), one.entry) for one in found)
        return [(held, entry) for held, entry in mine if held is not None]

    async def _heads(self) -> dict[Lane, Found[Waiting]]:
        """Of each lane the first that suits; of the deferred one only where nobody else waits."""
        return await self._first_of(*_URGENT) or await self._first_of(Lane.DEFERRED)

    async def _first_of(self, *lanes: Lane) -> dict[Lane, Found[Waiting]]:
        heads = {lane: await self._scout.head(lane) for lane in lanes}
        return {lane: found for lane, found in heads.items() if found}

    async def _take(self, candidate: Found[Waiting]) -> Taken | None:
        order = candidate.entry.order
        with span("render.claim", parent=order.traceparent, job=candidate.job):
            change = await self._queue.decide(
                candidate.job,
                lambda entry: claim(
                    entry, candidate.job, self._worker, self._clock.now(), self._lease
                ),
            )
        if change is None or not isinstance(change.state, Running):
            return None
        self._meter.took(order.lane, order.cost)
        held = claim_of(change.state, candidate.job, self._worker)
        assert held is not None
        return held, change.state
