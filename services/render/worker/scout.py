"""Knows who is first in each line, without asking the database for each claim."""

from dataclasses import replace

from services.contracts import JobId, Lane
from services.contracts.events import JobQueued, JobRequeued
from services.kit.clock import Clock
from services.render.core import Affinity, Front, Place, Waiting
from services.render.repository import Found, Queue
from services.render.worker.neighbours import Neighbours

__all__ = ["Scout"]

_SHARE = 0.05
"""Of the time, at most, goes into reading lines: a long one takes a while."""


class Scout:
    """Reads the lines of a pool every `seconds`, and hears of newcomers in between."""

    def __init__(
        self, pool: str, queue: Queue, neighbours: Neighbours, clock: Clock, seconds: float
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._neighbours = neighbours
        self._clock = clock
        self._seconds = seconds
        self._fronts = {lane: Front() for lane in Lane}
        self._affinity = {lane: Affinity() for lane in Lane}
        self._look_from = 0.0

    def queued(self, event: JobQueued) -> None:
        if event.pool == self._pool:
            front = self._fronts[event.lane]
            self._fronts[event.lane] = front.joined(Place(event.ticket, event.job))

    def requeued(self, event: JobRequeued) -> None:
        """Its ticket isn't told: where the job may be drawn at once, the next look is due."""
        if event.not_before <= event.at:
            self._look_from = 0.0

    async def look(self) -> bool:
        """Reads the lines where that is due; whether it was. Raises Unavailable."""
        began = self._clock.monotonic()
        if began < self._look_from:
            return False
        for lane in Lane:
            await self._read(lane)
        await self._neighbours.look()
        took = self._clock.monotonic() - began
        self._look_from = began + max(self._seconds, took / _SHARE)
        return True

    async def head(self, lane: Lane) -> Found[Waiting] | None:
        """The first who may be drawn now, and suits what is in memory. Raises Unavailable."""
        while (place := await self._chosen(lane)) is not None:
            entry = await self._queue.load(place.job)
            if not isinstance(entry, Waiting) or entry.not_before > self._clock.now():
                self.forget(lane, place.job)
            elif place.model is None:
                known = replace(place, model=entry.order.spec.model)
                self._fronts[lane] = self._fronts[lane].learnt(known)
                if self._suiting(lane) == known:
                    return Found(place.job, entry)
            else:
                return Found(place.job, entry)
        return None

    def forget(self, lane: Lane, job: JobId) -> None:
        """It is claimed, or of no use now."""
        front = self._fronts[lane]
        for place in front.places:
            if place.job == job:
                self._fronts[lane] = front.without(place)

    async def _chosen(self, lane: Lane) -> Place | None:
        if self._fronts[lane].exhausted:
            await self._read(lane)
        return self._suiting(lane)

    def _suiting(self, lane: Lane) -> Place | None:
        places, now = self._fronts[lane].places, self._clock.monotonic()
        chosen = self._affinity[lane].chosen(places, self._neighbours.memory, now)
        self._affinity[lane] = self._affinity[lane].passing(places, chosen, now)
        return chosen

    async def _read(self, lane: Lane) -> None:
        found = await self._queue.front(self._pool, lane, self._clock.now())
        self._fronts[lane] = Front.read(
            Place(one.entry.order.ticket, one.job, one.entry.order.spec.model) for one in found
        )
