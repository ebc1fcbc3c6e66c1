"""A fleet in simulated time: workers that come late, two lanes, a scaler that sees the offer."""

import math
from collections import deque
from dataclasses import dataclass, field

__all__ = ["Fleet", "Job", "Scaling"]


@dataclass(frozen=True, slots=True)
class Job:
    who: int
    at: float
    cost: float


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Seconds and shares; `most` workers at last."""

    least: int
    most: int
    delay: float = 240.0
    calm: float = 300.0
    use: float = 0.95
    drain: float = 120.0


@dataclass
class Fleet:
    """`speed` is one worker's cost per second; paid goes first, free keeps `floor`.

    What is deferred gets what the others leave.
    """

    speed: float
    workers: int
    scaling: Scaling
    floor: float = 0.05
    lanes: bool = True
    paid: deque[Job] = field(default_factory=deque)
    free: deque[Job] = field(default_factory=deque)
    deferred: deque[Job] = field(default_factory=deque)
    starting: list[float] = field(default_factory=list)
    paid_backlog: float = 0.0
    free_backlog: float = 0.0
    _credit: float = 0.0
    _floor_credit: float = 0.0
    _fewer_since: float | None = None

    @property
    def capacity(self) -> float:
        return self.workers * self.speed

    def join(self, job: Job, *, paid: bool) -> None:
        paid = paid or not self.lanes
        (self.paid if paid else self.free).append(job)
        if paid:
            self.paid_backlog += job.cost
        else:
            self.free_backlog += job.cost

    def draw(self, seconds: float) -> tuple[list[Job], list[Job]]:
        """The paid and the free jobs that begin within the next `seconds`.

        As render chooses: paid first, but free ones that wait are owed their floor. The last job
        may run over into the next moment.
        """
        work = self.capacity * seconds
        self._credit += work
        self._floor_credit = self._floor_credit + self.floor * work if self.free else 0.0
        paid: list[Job] = []
        free: list[Job] = []
        while self._credit > 0 and (self.paid or self.free):
            owed = self.free and self._floor_credit >= self.free[0].cost
            if self.paid and not owed:
                job = self.paid.popleft()
                paid.append(job)
                self.paid_backlog -= job.cost
            else:
                job = self.free.popleft()
                free.append(job)
                self.free_backlog -= job.cost
                self._floor_credit = max(0.0, self._floor_credit - job.cost)
            self._credit -= job.cost
        while self._credit > 0 and self.deferred:
            self._credit -= self.deferred.popleft().cost
        if not (self.paid or self.free):
            self._credit = min(self._credit, 0.0)
        return paid, free

    def scale(self, now: float, offered: float, admitted: float) -> None:
        """Once a tick: more at once and late, fewer one at a time after a calm spell."""
        arrived = [at for at in self.starting if at <= now]
        self.starting = [at for at in self.starting if at > now]
        self.workers += len(arrived)
        rate = max(offered, admitted)
        backlog = self.paid_backlog + self.free_backlog
        wanted = math.ceil(
            rate / (self.scaling.use * self.speed) + backlog / (self.scaling.drain * self.speed)
        )
        wanted = max(self.scaling.least, min(self.scaling.most, wanted))
        have = self.workers + len(self.starting)
        if wanted > have:
            self.starting += [now + self.scaling.delay] * (wanted - have)
        if wanted >= have:
            self._fewer_since = None
        elif self._fewer_since is None:
            self._fewer_since = now
        elif now - self._fewer_since >= self.scaling.calm:
            self._fewer_since = now
            self._drop()

    def lose(self, workers: int) -> None:
        """A rack dies."""
        self.workers = max(0, self.workers - workers)

    def _drop(self) -> None:
        if self.starting:
            self.starting.pop()
        else:
            self.workers -= 1
