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

__all__ = ["Claimer", "Taken"]

_log = structlog.get_logger("render.worker")

_CANDIDATES = 8
_URGENT = (Lane.PAID, Lane.FREE)

Taken = tuple[Claim, Running]


class Claimer:
    def __init__(
        self,
        worker: str,
        pool: str,
        *,
        queue: Queue,
        lines: Lines,
        meter: Meter,
        clock: Clock,
        lease: timedelta,
    ) -> None:
        self._worker = worker
        self._pool = pool
        self._queue = queue
        self._lines = lines
        self._meter = meter
        self._clock = clock
        self._lease = lease
        self._credit = 0.0

    async def next(self) -> Taken | None:
        """A job that is now ours; none where nothing waits, or others took all we looked at."""
        heads = await self._heads()
        costs = {lane: found[0].entry.order.cost for lane, found in heads.items()}
        if (choice := choose_lane(costs, self._credit)) is None:
            return None
        for candidate in heads[choice.lane]:
            if (taken := await self._take(candidate)) is not None:
                self._credit = choice.credit
                return taken
        return None

    async def held(self) -> list[Taken]:
        """All that the database says is ours: also a claim whose answer got lost."""
        found = await self._queue.held_by(self._worker)
        mine = ((claim_of(one.entry, one.job, self._worker), one.entry) for one in found)
        return [(held, entry) for held, entry in mine if held is not None]

    async def _heads(self) -> dict[Lane, list[Found[Waiting]]]:
        """The first jobs of each lane; deferred ones only where nobody else waits."""
        heads = {lane: await self._head(lane) for lane in _URGENT}
        if not any(heads.values()):
            heads = {Lane.DEFERRED: await self._head(Lane.DEFERRED)}
        return {lane: found for lane, found in heads.items() if found}

    async def _head(self, lane: Lane) -> list[Found[Waiting]]:
        return await self._queue.head(self._pool, lane, self._clock.now(), _CANDIDATES)

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
        await self._pass_on(order.lane, order.ticket)
        held = claim_of(change.state, candidate.job, self._worker)
        assert held is not None
        return held, change.state

    async def _pass_on(self, lane: Lane, ticket: float) -> None:
        try:
            await self._lines.claimed(line_of(self._pool, lane), ticket)
        except Unavailable as error:
            # The next claim moves the line on as well; until then newcomers pay a little less.
            _log.warning("line_not_moved", lane=lane, reason=error.detail)
