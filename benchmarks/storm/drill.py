"""The storm on real parts: a whole system, real clients, real pictures; and the same simulated."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import numpy as np

from benchmarks.bench import EMBER, Bench, running_bench, say
from benchmarks.client import opened
from benchmarks.storm.controls import Said
from benchmarks.storm.crowd import Attempt, Crowd, Member
from benchmarks.storm.fleet import Job
from benchmarks.storm.people import Mix
from benchmarks.storm.record import Record, Sample
from benchmarks.storm.scenario import Scenario
from services.cli.api import Api

__all__ = ["Drill", "drilled"]

_CALIBRATING_SECONDS = 20.0
_AT_ONCE = 16
_SAMPLE_SECONDS = 0.5
_SAY_SECONDS = 2.0
_WISH: dict[str, object] = {"prompt": "a red fox", "steps": 8}
_COST = 128 * 128 / 1e6 * 8 * 2
_SAID = {"window": Said.WINDOW, "load": Said.LOAD, "fleet_full": Said.FULL}


@dataclass(frozen=True, kw_only=True)
class Drill:
    """`pace` divides all times on both sides; `scenario` is in undivided ones."""

    pace: float
    scenario: Callable[[float], Scenario]
    seed: int = 1

    @property
    def environment(self) -> dict[str, str]:
        return {
            **EMBER,
            "HEATSINK_QUOTA_PACE": f"{self.pace:g}",
            "HEATSINK_RENDER_PACE": f"{self.pace:g}",
        }


async def drilled(drill: Drill) -> tuple[Record, Scenario]:
    """What happened, and the scenario for a simulation of the same fleet."""
    async with running_bench(drill.environment) as bench:
        rate = await _calibrated(bench)
        say(f"the fleet draws {rate:.2f} pictures a second; all rates follow from that")
        scenario = drill.scenario(rate / drill.pace)
        members = await _members(bench, scenario, drill.seed)
        say(f"{len(members)} accounts are open; the storm begins")
        return await _storm(bench, drill, scenario, members), scenario


async def _calibrated(bench: Bench) -> float:
    """Pictures per second while nothing else is asked for."""
    drawn = 0
    until = time.monotonic() + _CALIBRATING_SECONDS
    headers = {
        "Authorization": f"Bearer {bench.system.keys.operator}",
        "Prefer": f"wait={_CALIBRATING_SECONDS:.0f}",
    }

    async def draws(http: httpx2.AsyncClient) -> None:
        nonlocal drawn
        while time.monotonic() < until:
            await http.post("/v1/jobs", json=_WISH, headers=headers)
            drawn += time.monotonic() < until

    url, patience = bench.system.url, 3 * _CALIBRATING_SECONDS
    async with httpx2.AsyncClient(base_url=url, timeout=patience, trust_env=False) as http:
        await asyncio.gather(*(draws(http) for _ in range(_AT_ONCE)))
    return drawn / _CALIBRATING_SECONDS


async def _members(bench: Bench, scenario: Scenario, seed: int) -> list[Member]:
    """The free accounts, and a paid one at the end."""
    manners = [manner for manner, _ in Mix().manners]
    shares = [share for _, share in Mix().manners]
    chosen = np.random.default_rng(seed).choice(len(manners), scenario.users, p=shares)
    made: list[Member] = []
    async with Api.connected(bench.system.url, bench.system.keys.operator) as operator:
        for number in range(scenario.users):
            key = await opened(operator, f"storm {number}", "free")
            made.append(Member(number, key, manners[int(chosen[number])]))
    paid = Member(scenario.users, bench.system.keys.operator, manners[0], paid=True)
    return [*made, paid]


async def _storm(bench: Bench, drill: Drill, scenario: Scenario, members: list[Member]) -> Record:
    dice = np.random.default_rng(drill.seed)
    record = Record(scenario=scenario, control="live", seed=drill.seed)
    until = scenario.until / drill.pace
    async with Crowd(bench.system.url, _WISH, drill.pace, dice, until) as crowd:
        watching = asyncio.create_task(_watch(crowd, drill, record))
        await _open_loop(crowd, drill, scenario, members, until)
        await crowd.until_quiet(until)
        watching.cancel()
        started = await crowd.started(members)
        _fill(record, crowd.attempts, started, drill.pace)
    return record


async def _open_loop(
    crowd: Crowd, drill: Drill, scenario: Scenario, members: list[Member], until: float
) -> None:
    """Each request at its intended moment, whatever became of the ones before."""
    people = _Turns(members, crowd.dice)
    due = 0.0
    while due < until:
        moment = due * drill.pace
        base = scenario.images_per_second * drill.pace
        rate = base * (scenario.free(moment) + scenario.paid(moment))
        due += float(crowd.dice.exponential(1 / rate))
        await asyncio.sleep(max(0.0, due - crowd.now))
        paid = crowd.dice.random() * rate < base * scenario.paid(moment)
        crowd.ask(members[-1] if paid else people.next(), due)


class _Turns:
    """Whose turn it is: heavy users ask more often."""

    def __init__(self, members: list[Member], dice: np.random.Generator) -> None:
        self._mix = Mix()
        self._members = members[:-1]
        self._dice = dice
        self._heavy = max(1, int(self._mix.heavy * len(self._members)))

    def next(self) -> Member:
        if self._dice.random() < self._mix.heavy_requests:
            return self._members[int(self._dice.integers(0, self._heavy))]
        return self._members[int(self._dice.integers(self._heavy, len(self._members)))]


async def _watch(crowd: Crowd, drill: Drill, record: Record) -> None:
    """Looks at what everybody may see, and tells it in the terminal."""
    async with httpx2.AsyncClient(base_url=crowd.url, trust_env=False) as http:
        said_at = 0.0
        while True:
            told = (await http.get("/v1/limits")).json()
            free = next(plan for plan in told["plans"] if plan["plan"] == "free")
            pool = told["pools"][0]
            lanes = {lane["lane"]: lane for lane in pool["lanes"]}
            now = crowd.now
            moment = now * drill.pace
            scenario = record.scenario
            record.samples.append(
                Sample(
                    at=moment,
                    m=free["m"],
                    capacity=pool["capacity"] / _COST / drill.pace,
                    demand=scenario.free(moment) + scenario.paid(moment),
                    free_backlog=lanes["free"]["waiting"],
                    paid_backlog=lanes["paid"]["waiting"],
                )
            )
            if now - said_at >= _SAY_SECONDS:
                said_at = now
                _say(now, free, lanes, crowd.attempts)
            await asyncio.sleep(_SAMPLE_SECONDS)


def _say(
    now: float, free: dict[str, object], lanes: dict[str, dict[str, float]], tries: list[Attempt]
) -> None:
    admitted = sum(attempt.job is not None for attempt in tries)
    refused = sum(attempt.rule is not None for attempt in tries)
    waits = f"free waits {lanes['free']['wait_seconds']:5.1f} s"
    counts = f"asked {len(tries)}  let in {admitted}  refused {refused}"
    say(f"{now:6.1f} s  m {free['m']:.3f}  {free['heat']:8} {waits}  {counts}  | {free['cause']}")


def _fill(record: Record, attempts: list[Attempt], started: dict[str, float], pace: float) -> None:
    """The record as a simulation would have it, in undivided seconds."""
    for attempt in attempts:
        due = attempt.due * pace
        if not attempt.paid and attempt.failed is None:
            said = _said(attempt)
            record.answered(attempt.who, due, said, attempt.tries)
            if attempt.told is not None and attempt.used in {None, attempt.told}:
                record.came_back(said)
        if attempt.job and attempt.job in started and not attempt.deferred:
            job = Job(attempt.who, due, 1.0)
            began = started[attempt.job] * pace
            record.begun(began, [job] if attempt.paid else [], [] if attempt.paid else [job], 0.0)
    for before, after in zip(record.samples, record.samples[1:], strict=False):
        record.begun(before.at, [], [], before.capacity * (after.at - before.at))


def _said(attempt: Attempt) -> Said:
    if attempt.job:
        return Said.LATER if attempt.deferred else Said.YES
    return _SAID.get(attempt.rule or "", Said.FULL)
