"""This replica's doors, one for each pool, and what it knows of the fleet behind them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from services.contracts import Lane, render_cost
from services.contracts.events import (
    JobAdmitted,
    JobRejected,
    JobRequested,
    LimitsChanged,
    LoadReported,
    Rule,
)
from services.quota.core import OPEN, Doorway
from services.quota.core.law import DEFAULTS, Constants, Door, Signal, Terrain, read_signal

__all__ = ["Doors", "Told"]


class Told(Protocol):
    """The last `LimitsChanged` of each plan and pool."""

    def values(self) -> Iterable[LimitsChanged]: ...


class Doors:
    """`share` is the part of all requests that comes to this replica, in (0, 1]."""

    def __init__(
        self,
        loads: Mapping[str, LoadReported],
        limits: Told,
        k: Constants = DEFAULTS,
        share: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._loads = loads
        self._limits = limits
        self._k = k
        self._share = share
        self._doors: dict[str, Door] = {}
        self._read: dict[str, tuple[LoadReported, Signal]] = {}

    def look(self, pool: str, now: datetime) -> Doorway:
        """The door to a pool as a request finds it now."""
        terrain = self._terrain(pool)
        if terrain.signal is None:
            return OPEN
        door = self._at(pool, now, terrain)
        backlog = self._deferred_seconds(terrain.signal)
        return Doorway(
            shut=door.is_shut(now, terrain, self._k),
            walled=door.is_walled(now, terrain, self._k),
            opens_in=timedelta(seconds=door.opens_in(now, terrain, self._k)),
            may_defer=backlog is not None and backlog < self._k.deferral,
            deferred_wait=None if backlog is None else timedelta(seconds=backlog),
        )

    def let_in(self, admitted: JobAdmitted, now: datetime) -> None:
        """A job that was admitted lies before those that come now, until a report counts it."""
        if admitted.lane is Lane.DEFERRED:
            return
        pool = admitted.spec.pool
        door = self._at(pool, now, self._terrain(pool))
        self._doors[pool] = door.letting_in(render_cost(admitted.spec), now)

    def send_away(self, request: JobRequested, rejected: JobRejected, now: datetime) -> None:
        """Who comes next is told a later moment; who was told one before keeps it."""
        if rejected.rule is not Rule.FLEET_FULL or rejected.retry_at is None:
            return
        pool = request.spec.pool
        terrain = self._terrain(pool)
        door = self._at(pool, now, terrain)
        if rejected.retry_at >= now + timedelta(seconds=door.opens_in(now, terrain, self._k)):
            cost = render_cost(request.spec)
            self._doors[pool] = door.sending_away(cost, now, terrain, self._k)

    def _at(self, pool: str, now: datetime, terrain: Terrain) -> Door:
        door = self._doors.get(pool, Door()).at(now, terrain, self._k)
        self._doors[pool] = door
        return door

    def _terrain(self, pool: str) -> Terrain:
        budgets = [
            said.budget
            for said in self._limits.values()
            if said.pool == pool and said.budget is not None
        ]
        return Terrain(
            signal=self._signal(pool),
            budget=max(budgets, default=None),
            share=self._share(),
        )

    def _signal(self, pool: str) -> Signal | None:
        """Of the newest report, which is read once and not for each request."""
        report = self._loads.get(pool)
        if report is None:
            return None
        if pool not in self._read or self._read[pool][0] is not report:
            self._read[pool] = (report, read_signal(report))
        return self._read[pool][1]

    def _deferred_seconds(self, signal: Signal) -> float | None:
        """How long the deferred backlog takes by itself; none while nobody draws."""
        return signal.deferred_backlog / signal.capacity if signal.capacity else None
