"""How many workers each pool should have, and how many of them this replica keeps."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from services.contracts.events import DemandReported, LoadReported
from services.kit.clock import Clock
from services.render.core import Bounds, Measured, Roster, Scale, asked_of, scaled

__all__ = ["Scaler", "Share"]

_log = structlog.get_logger("render.scaling")

_FRESH = timedelta(seconds=60)
"""Older news of a pool is as good as none."""


class Scaler:
    """The leader's decisions, pool by pool. A new leader goes on from what was last `told`."""

    def __init__(
        self,
        bounds: Bounds,
        told: Mapping[str, LoadReported],
        demand: Mapping[str, DemandReported],
        clock: Clock,
    ) -> None:
        self._bounds = bounds
        self._told = told
        self._demand = demand
        self._clock = clock
        self._scales: dict[str, Scale] = {}

    @property
    def may_be_empty(self) -> bool:
        """Whether it is in order that nobody is there, and the first job brings somebody."""
        return self._bounds.least == 0 < self._bounds.most

    def decide(self, pool: str, measured: Measured) -> int:
        """Says so in one line when the number changes."""
        offered = self._offered(pool, measured)
        before = self._scales.get(pool) or Scale(wanted=self._last(pool, measured))
        now = self._clock.monotonic()
        scale = scaled(before, asked_of(measured, offered), self._bounds, now)
        if scale.wanted != before.wanted:
            _log.info(
                "workers_wanted",
                pool=pool,
                wanted=scale.wanted,
                before=before.wanted,
                reason=scale.reason,
            )
        self._scales[pool] = scale
        return scale.wanted

    def _offered(self, pool: str, measured: Measured) -> float | None:
        demand = self._demand.get(pool)
        if demand is None or measured.now - demand.at > _FRESH:
            return None
        return sum(demand.offered.values())

    def _last(self, pool: str, measured: Measured) -> int:
        told = self._told.get(pool)
        if told is None or told.wanted is None or measured.now - told.at > _FRESH:
            return self._bounds.least
        return told.wanted


class Share:
    """What this replica's fleet should have of its pool's workers: those that others lack."""

    def __init__(
        self,
        bounds: Bounds,
        told: Mapping[str, LoadReported],
        roster: Callable[[], Roster],
        clock: Clock,
        *,
        pool: str,
        replica: str,
    ) -> None:
        self._bounds = bounds
        self._told = told
        self._roster = roster
        self._clock = clock
        self._pool = pool
        self._replica = replica
        self._wanted = bounds.least

    def __call__(self) -> int:
        """While nobody tells, what was told last."""
        told = self._told.get(self._pool)
        if told and told.wanted is not None and self._clock.now() - told.at <= _FRESH:
            self._wanted = told.wanted
        elsewhere = sum(
            worker.pool == self._pool and worker.fleet != self._replica
            for worker in self._roster().workers.values()
        )
        return max(self._bounds.least, min(self._bounds.most, self._wanted - elsewhere))

    def page(self) -> dict[str, Any]:
        """For the health port: what an autoscaler outside reads, such as KEDA's `metrics-api`."""
        pools = {
            pool: {"wanted": told.wanted, "workers": len(told.workers), "heat": told.heat}
            for pool, told in sorted(self._told.items())
        }
        return {"pools": pools}
