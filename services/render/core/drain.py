"""How much cost leaves each lane, from the workers' own counts of what they have claimed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.contracts import Lane
from services.render.core.roster import WorkerRecord

__all__ = ["Drain"]

_WINDOW_SECONDS = 60.0
_SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class _Sample:
    at: float
    cost: Mapping[Lane, float]


@dataclass(frozen=True)
class Drain:
    """The last minute of claims. `counts` has each worker's latest figures, `since` the beginning.

    What a worker had claimed before the first look is history; of one that appears later, all
    counts.
    """

    since: float | None = None
    counts: Mapping[str, Mapping[Lane, float]] = field(default_factory=dict)
    samples: tuple[_Sample, ...] = ()

    def observed(self, workers: Mapping[str, WorkerRecord], now: float) -> "Drain":
        counts = {**self.counts, **{name: worker.claimed for name, worker in workers.items()}}
        if self.since is None:
            return Drain(now, counts)
        fresh = _Sample(now, {lane: self._gain(workers, lane) for lane in Lane})
        kept = tuple(one for one in self.samples if now - one.at < _WINDOW_SECONDS)
        present = {name: counts[name] for name in workers}
        return Drain(self.since, present, (*kept, fresh))

    def rate(self, lane: Lane, now: float) -> float:
        """Cost per second that workers took from this lane in the last minute."""
        if self.since is None:
            return 0.0
        watched = min(_WINDOW_SECONDS, max(_SHORTEST_SECONDS, now - self.since))
        return sum(sample.cost.get(lane, 0.0) for sample in self.samples) / watched

    def _gain(self, workers: Mapping[str, WorkerRecord], lane: Lane) -> float:
        return sum(
            max(0.0, worker.claimed.get(lane, 0.0) - self.counts.get(name, {}).get(lane, 0.0))
            for name, worker in workers.items()
        )
