"""What happened in a storm, and the figures by which controls are judged."""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.storm.controls import Said
from benchmarks.storm.fleet import Job
from benchmarks.storm.people import Mix
from benchmarks.storm.scenario import Scenario

__all__ = ["PAID_WAIT", "Figures", "Record", "Sample"]

PAID_WAIT = 20.0
FREE_WAIT = 120.0
_STEADY = 30.0
_NORMAL = 0.95


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    m: float
    capacity: float
    demand: float
    free_backlog: float
    paid_backlog: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`goodput` is a share of the capacity over the overload; times are in seconds.

    `reversals` are changes of m's direction by more than 10 % in an hour of the overload; `kept` is
    the share of those who got in when they came back at the moment that they were told.
    """

    goodput: float
    late: int
    paid_p95: float
    free_p95: float
    jain: float
    retry_advantage: float
    tighten: float | None
    relax: float | None
    reversals: float
    served: int
    kept: float | None
    deferred: int


@dataclass
class Record:
    scenario: Scenario
    control: str
    seed: int
    samples: list[Sample] = field(default_factory=list)
    good: float = 0.0
    capacity: float = 0.0
    late: int = 0
    served: int = 0
    returned: int = 0
    kept: int = 0
    deferred: int = 0
    paid_waits: list[float] = field(default_factory=list)
    free_waits: list[float] = field(default_factory=list)
    wanted: dict[int, int] = field(default_factory=dict)
    got: dict[int, int] = field(default_factory=dict)
    admissions: list[float] = field(default_factory=list)

    def answered(self, who: int, now: float, said: Said, tries: int) -> None:
        if not self._judged(now):
            return
        if said is Said.YES:
            self.admissions.append(now)
        self.deferred += said is Said.LATER
        if tries == 0 and said not in (Said.WINDOW, Said.LATER):
            self.wanted[who] = self.wanted.get(who, 0) + 1

    def came_back(self, said: Said) -> None:
        """At the moment that a refusal had named."""
        self.returned += 1
        self.kept += said in (Said.YES, Said.LATER)

    def begun(self, now: float, paid: list[Job], free: list[Job], capacity: float) -> None:
        for jobs, waits, promised in (
            (paid, self.paid_waits, PAID_WAIT),
            (free, self.free_waits, FREE_WAIT),
        ):
            for job in jobs:
                wait = now - job.at
                in_time = wait <= promised
                if self._judged(job.at):
                    waits.append(wait)
                    self.late += jobs is free and not in_time
                    if jobs is free and in_time:
                        self.got[job.who] = self.got.get(job.who, 0) + 1
                if self._judged(now):
                    self.good += job.cost if in_time else 0.0
                    self.served += in_time
        if self._judged(now):
            self.capacity += capacity

    def figures(self) -> Figures:
        return Figures(
            goodput=self.good / self.capacity if self.capacity else 0.0,
            late=self.late,
            paid_p95=_p95(self.paid_waits),
            free_p95=_p95(self.free_waits),
            jain=self._jain(),
            retry_advantage=self._retry_advantage(),
            tighten=self._tighten(),
            relax=self._relax(),
            reversals=self._reversals(),
            served=self.served,
            kept=self.kept / self.returned if self.returned else None,
            deferred=self.deferred,
        )

    def _judged(self, at: float) -> bool:
        return self.scenario.begins <= at < self.scenario.ends

    def _jain(self) -> float:
        shares = np.array(
            [
                min(1.0, self.got.get(who, 0) / min(wanted, self.scenario.images))
                for who, wanted in self.wanted.items()
            ]
        )
        return float(shares.sum() ** 2 / (len(shares) * (shares**2).sum())) if shares.any() else 0.0

    def _retry_advantage(self) -> float:
        """Success of light users who come back against those who don't; 1 where all are alike."""
        if not self.scenario.odd_retry:
            return 1.0
        rates = []
        for odd in (1, 0):
            who = [one for one in self.wanted if one % 2 == odd and one >= self._heavy]
            wanted = sum(min(self.wanted[one], self.scenario.images) for one in who)
            rates.append(sum(self.got.get(one, 0) for one in who) / max(1, wanted))
        return rates[0] / rates[1] if rates[1] else float("inf")

    @property
    def _heavy(self) -> int:
        return int(Mix().heavy * self.scenario.users)

    def _tighten(self) -> float | None:
        """From the onset until no more is let in than can be drawn, for half a minute on."""
        at = np.array(self.admissions)
        last: float | None = None
        for sample in self.samples:
            if not self._judged(sample.at) or sample.at > self.scenario.ends - _STEADY:
                continue
            rate = ((at >= sample.at - 10) & (at < sample.at)).sum() / 10
            paid = self.scenario.paid(sample.at) * self.scenario.images_per_second
            if rate > 1.15 * max(sample.capacity - paid, 0.05 * sample.capacity):
                last = sample.at
            elif last is not None and sample.at - last >= _STEADY:
                break
        return last - self.scenario.begins if last is not None else 0.0

    def _relax(self) -> float | None:
        for sample in self.samples:
            if sample.at >= self.scenario.ends and sample.m >= _NORMAL:
                return sample.at - self.scenario.ends
        return None

    def _reversals(self) -> float:
        values = [sample.m for sample in self.samples if self._judged(sample.at)]
        hours = (self.scenario.ends - self.scenario.begins) / 3600
        return _turns(values, 0.10) / hours


def _turns(values: list[float], band: float) -> int:
    """Changes of direction by more than `band` of the value at the last extreme."""
    turns, direction, extreme = 0, 0, values[0] if values else 0.0
    for value in values:
        if direction * value > direction * extreme:
            extreme = value
        elif direction >= 0 and value < extreme * (1 - band):
            turns, direction, extreme = turns + abs(direction), -1, value
        elif direction <= 0 and value > extreme * (1 + band):
            turns, direction, extreme = turns + abs(direction), 1, value
    return turns


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95)) if values else 0.0
