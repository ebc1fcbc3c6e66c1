"""One storm: population, fleet and control, half a second at a time."""

import heapq
from dataclasses import dataclass, field

import numpy as np

from benchmarks.storm.controls import Ask, Control, Look, Said
from benchmarks.storm.fleet import Fleet, Job, Scaling
from benchmarks.storm.people import Manner, People
from benchmarks.storm.record import Record, Sample
from benchmarks.storm.scenario import Scenario

__all__ = ["POLITE_TRIES", "TRIES", "Storm"]

_TICK = 5.0
_MINUTE = 60.0
POLITE_TRIES = 3
TRIES = {Manner.TRIES: (3, 60.0), Manner.SPAMS: (10, 20.0)}


@dataclass(order=True)
class _Return:
    """`told`: the images that it would have in use, for one who comes when it was told to."""

    at: float
    who: int
    tries: int
    told: int | None = None


@dataclass
class Storm:
    """`control` is what is judged; the rest is the same for every control and seed."""

    scenario: Scenario
    control: Control
    seed: int
    record: Record = field(init=False)

    def __post_init__(self) -> None:
        plan = self.scenario
        self._span = plan.step
        self._dice = np.random.default_rng(self.seed)
        self._people = People(plan.users, plan.images, self._dice)
        scaling = Scaling(
            least=plan.workers,
            most=plan.most_workers,
            delay=plan.scale_delay,
        )
        speed = plan.images_per_second / plan.workers
        self._fleet = Fleet(
            speed=speed, workers=plan.workers, scaling=scaling, lanes=self.control.lanes
        )
        self._returns: list[_Return] = []
        self._reports: list[Look] = []
        self._arrived: Look | None = None
        self._offers: list[tuple[float, int, int]] = []
        self._admitted: list[float] = []
        self._paid: list[float] = []
        self.record = Record(scenario=plan, control=self.control.name, seed=self.seed)

    def run(self) -> Record:
        for number in range(int(self.scenario.until / self._span)):
            self._step(number * self._span)
        return self.record

    def _step(self, now: float) -> None:
        self._report(now)
        self._ask(now)
        self._draw(now)
        if now % _TICK == 0:
            self._scale(now)
            self.control.tick(now, self._arrived)
            self._sample(now)

    def _report(self, now: float) -> None:
        if self.scenario.lost and now == self.scenario.lost[0]:
            self._fleet.lose(self.scenario.lost[1])
        silent = self.scenario.silent
        if now % 1.0 == 0 and not (silent and silent[0] <= now < silent[1]):
            self._paid = [at for at in self._paid if at > now - _MINUTE]
            self._reports.append(
                Look(
                    at=now,
                    capacity=self._fleet.capacity,
                    paid_backlog=self._fleet.paid_backlog,
                    free_backlog=self._fleet.free_backlog,
                    paid_rate=len(self._paid) / min(_MINUTE, max(1.0, now)),
                    coming=tuple(at - now for at in self._fleet.starting),
                    speed=self._fleet.speed,
                )
            )
        while self._reports and self._reports[0].at <= now - self.scenario.delay:
            self._arrived = self._reports.pop(0)
            self.control.hears(self._arrived)

    def _ask(self, now: float) -> None:
        base = self.scenario.images_per_second
        for _ in range(int(self._dice.poisson(self.scenario.paid(now) * base * self._span))):
            self._fleet.join(Job(-1, now, 1.0), paid=True)
            self._paid.append(now)
            self.control.paid(now, 1.0)
        arrivals = self._people.arrivals(self.scenario.free(now) * base * self._span)
        asking = [_Return(now, who, 0) for who in arrivals]
        while self._returns and self._returns[0].at <= now:
            asking.append(heapq.heappop(self._returns))
        # Nobody is first for having come back.
        for place in self._dice.permutation(len(asking)):
            self._request(asking[place], now)

    def _request(self, coming: _Return, now: float) -> None:
        who, tries = coming.who, coming.tries
        wanted = self._people.used(who, now) + 1
        if wanted > self.scenario.images:
            self.record.answered(who, now, Said.WINDOW, tries)
            return
        h = self._people.offset(who, now)
        images = self.scenario.images
        ask = Ask(who=who, wanted=wanted, images=images, h=h, cost=1.0, at=now)
        said = self.control.asks(ask)
        self._offers.append((now, who, wanted))
        if said is not Said.YES and self._waits(who):
            said = Said.LATER
        self.record.answered(who, now, said, tries)
        if coming.told == wanted:
            self.record.came_back(said)
        self._answered(ask, said, tries)

    def _answered(self, ask: Ask, said: Said, tries: int) -> None:
        match said:
            case Said.YES:
                self._people.uses(ask.who, ask.at)
                self._fleet.join(Job(ask.who, ask.at, 1.0), paid=False)
                self._admitted.append(ask.at)
            case Said.LATER:
                self._people.uses(ask.who, ask.at)
                self._fleet.deferred.append(Job(ask.who, ask.at, 1.0))
            case _:
                self._perhaps_later(ask, said, tries)

    def _waits(self, who: int) -> bool:
        manner = self._people.manner(who)
        return self.control.defers and manner is Manner.WAITS and not self.scenario.odd_retry

    def _perhaps_later(self, ask: Ask, said: Said, tries: int) -> None:
        told = self._people.manner(ask.who) is Manner.POLITE and not self.scenario.odd_retry
        if told and tries < POLITE_TRIES:
            at = self.control.back_at(ask, said, self._people.turns(ask.who, ask.at))
            if at is not None:
                heapq.heappush(self._returns, _Return(at, ask.who, tries + 1, told=ask.wanted))
            return
        most, mean = self._patience(ask.who)
        if tries < most:
            at = ask.at + float(self._dice.exponential(mean))
            heapq.heappush(self._returns, _Return(at, ask.who, tries + 1))

    def _patience(self, who: int) -> tuple[int, float]:
        if self.scenario.odd_retry:
            return (10, 60.0) if who % 2 else (0, 0.0)
        return TRIES.get(self._people.manner(who), (0, 0.0))

    def _draw(self, now: float) -> None:
        paid, free = self._fleet.draw(self._span)
        if not self.control.lanes:
            paid, free = [job for job in paid if job.who < 0], [job for job in paid if job.who >= 0]
        self.record.begun(now, paid, free, self._fleet.capacity * self._span)

    def _scale(self, now: float) -> None:
        since = now - _MINUTE
        self._offers = [one for one in self._offers if one[0] > since]
        self._admitted = [at for at in self._admitted if at > since]
        wishes = float(len({(who, wanted) for _, who, wanted in self._offers}))
        if self.scenario.oracle:
            then = now + self.scenario.scale_delay
            wishes = self.scenario.images_per_second * _MINUTE * self.scenario.free(then)
        paid = sum(at > since for at in self._paid)
        offered, admitted = ((wishes + paid) / _MINUTE, (len(self._admitted) + paid) / _MINUTE)
        self._fleet.scale(now, offered, admitted)

    def _sample(self, now: float) -> None:
        self.record.samples.append(
            Sample(
                at=now,
                m=self.control.m,
                capacity=self._fleet.capacity,
                demand=self.scenario.free(now) + self.scenario.paid(now),
                free_backlog=self._fleet.free_backlog,
                paid_backlog=self._fleet.paid_backlog,
            )
        )
