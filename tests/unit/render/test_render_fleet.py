import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.contracts import JobId
from services.contracts.events import JobRequeued
from services.render.core import RetryPolicy, Waiting
from services.render.fleet import Fleet, Process
from services.render.sweep import Sweep
from tests.unit.render.bench import Bench, House, away, settled
from tests.unit.render.samples import LEASE, worker_record


class FakeProcess:
    def __init__(self, pid: int, *, obeys: bool = True) -> None:
        self.pid = pid
        self.signals: list[str] = []
        self.returncode: int | None = None
        self._obeys = obeys
        self._ended = asyncio.Event()

    def end(self, code: int) -> None:
        self.returncode = code
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        self.signals.append("TERM")
        if self._obeys:
            self.end(0)

    def kill(self) -> None:
        self.signals.append("KILL")
        self.end(-9)


class Yard:
    """A fleet of processes that a test ends as it likes."""

    def __init__(self, house: House, *, wanted: int = 1, obeys: bool = True) -> None:
        self.house = house
        self.wanted = wanted
        self.processes: list[FakeProcess] = []
        self.alive: set[int] = set()
        self._obeys = obeys
        sweep = Sweep(
            house.queue,
            house.clock,
            lease_seconds=LEASE.total_seconds(),
            retries=RetryPolicy(),
            jitter=lambda: 0.5,
        )
        self.fleet = Fleet(
            self._launch,
            lambda: self.wanted,
            replica="0",
            workers=house.workers,
            sweep=sweep,
            is_alive=lambda pid: pid in self.alive,
            clock=house.clock,
        )

    async def _launch(self, number: int) -> tuple[str, Process]:
        process = FakeProcess(100 + number, obeys=self._obeys)
        self.processes.append(process)
        return f"w{number}", process

    @property
    def living(self) -> list[int]:
        return [process.pid for process in self.processes if process.returncode is None]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        running = asyncio.ensure_future(self.fleet.run(stop))
        await settled()
        yield stop
        stop.set()
        await asyncio.wait_for(running, 5)

    async def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.house.clock.advance(timedelta(seconds=1))
            await settled()


@pytest.fixture
def house() -> House:
    return House()


async def claimed_by(house: House, worker: str) -> JobId:
    """A job that this worker holds, and will say nothing more of."""
    job = await house.admit()
    running = asyncio.ensure_future(Bench(house, worker).worker.run(asyncio.Event()))
    await settled()
    running.cancel()
    await asyncio.wait({running})
    return job


async def test_a_fleet_has_as_many_workers_as_are_wanted(house: House) -> None:
    yard = Yard(house, wanted=3)
    async with yard.open():
        assert yard.living == [101, 102, 103]
        yard.wanted = 1
        await yard.pass_time(1)
        assert yard.living == [101]
        await yard.pass_time(2)
        assert len(yard.processes) == 3
    assert [process.signals for process in yard.processes] == [["TERM"]] * 3


async def test_the_idle_leave_before_those_that_draw(house: House) -> None:
    yard = Yard(house, wanted=3)
    async with yard.open():
        for number, running in ((1, 0), (2, 1), (3, 2)):
            drawing = worker_record(pid=100 + number, running=running)
            await house.workers.enter(f"w{number}", drawing)
        yard.wanted = 2
        await yard.pass_time(1)
        assert yard.living == [102, 103]


async def test_nobody_leaves_while_it_is_unknown_who_draws(house: House) -> None:
    yard = Yard(house, wanted=2)
    async with yard.open():
        yard.wanted = 1
        house.records.fail_next(away())
        await yard.pass_time(1)
        assert len(yard.living) == 2
        await yard.pass_time(1)
        assert len(yard.living) == 1


async def test_a_killed_worker_is_replaced_and_its_job_goes_back_at_once(house: House) -> None:
    yard = Yard(house)
    async with yard.open():
        job = await claimed_by(house, "w1")
        await house.workers.enter("w1", worker_record(pid=101))
        yard.processes[0].end(-9)
        await settled()
        requeued = house.events[-1]
        assert isinstance(requeued, JobRequeued)
        assert (requeued.job, requeued.reason) == (job, "worker_died")
        assert await house.workers.all() == {}
        assert yard.living == []
        await yard.pass_time(1)
        assert yard.living == [102]


async def test_workers_that_die_young_are_replaced_ever_more_slowly(house: House) -> None:
    yard = Yard(house)
    async with yard.open():
        for pause in (1, 2, 4):
            yard.processes[-1].end(1)
            await settled()
            await yard.pass_time(pause - 1)
            assert yard.living == []
            await yard.pass_time(1)
            assert len(yard.living) == 1
        await yard.pass_time(31)
        yard.processes[-1].end(1)
        await settled()
        assert len(yard.living) == 1, "one that has lived is replaced at once"


async def test_a_fleet_that_comes_back_settles_what_its_dead_workers_left(house: House) -> None:
    job = await claimed_by(house, "dead")
    await house.workers.enter("dead", worker_record(pid=7))
    await house.workers.enter("alive", worker_record(pid=8))
    await house.workers.enter("elsewhere", worker_record(pid=9, fleet="1"))
    yard = Yard(house)
    yard.alive = {8}
    async with yard.open():
        entry = await house.queue.load(job)
        assert isinstance(entry, Waiting)
        assert set(await house.workers.all()) == {"alive", "elsewhere"}


async def test_claims_are_given_back_as_soon_as_the_database_is_there_again(house: House) -> None:
    yard = Yard(house)
    async with yard.open():
        job = await claimed_by(house, "w1")
        house.entries.fail_next(away())
        yard.processes[0].end(-9)
        await settled()
        assert house.names(job)[-1] == "Started"
        await yard.pass_time(1)
        assert house.names(job)[-1] == "Requeued"


async def test_workers_that_do_not_leave_in_time_are_killed(house: House) -> None:
    yard = Yard(house, obeys=False)
    stop = asyncio.Event()
    running = asyncio.ensure_future(yard.fleet.run(stop))
    await settled()
    stop.set()
    await settled()
    assert yard.processes[0].signals == ["TERM"]
    running.cancel()
    await asyncio.wait({running})
    assert yard.processes[0].signals == ["TERM", "KILL"]
