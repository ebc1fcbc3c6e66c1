import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import Lane
from services.contracts.events import (
    DemandReported,
    Heat,
    JobCancelled,
    JobDeferred,
    JobRequeued,
    LoadReported,
    WorkerPhase,
)
from services.kit.component import Readiness
from services.kit.documents import MemoryDocuments
from services.kit.lease import LEASES, Lease, LeaseState
from services.render.controller import Controller
from services.render.core import Bounds, RetryPolicy, Waiting
from services.render.engine import Refusal
from services.render.reporter import Reporter
from services.render.scaling import Scaler
from services.render.sweep import Sweep
from tests.unit.render.bench import Bench, House, away, settled
from tests.unit.render.samples import LEASE, NOW, account_id, admission, worker_record


class Room:
    """A controller in a house; several of them share the house's lease."""

    def __init__(
        self, house: House, leases: MemoryDocuments[LeaseState], *, needs_workers: bool = True
    ) -> None:
        self.house = house
        self.readiness = Readiness()
        sweep = Sweep(
            house.queue,
            house.clock,
            lease_seconds=LEASE.total_seconds(),
            retries=RetryPolicy(),
            jitter=lambda: 0.5,
        )
        self.told: dict[str, LoadReported] = {}
        self.demand: dict[str, DemandReported] = {}
        bounds = Bounds(least=1, most=4, drain_seconds=30, calm_seconds=60)
        reporter = Reporter(
            "render-0",
            ["default"],
            house.queue,
            house.bus,
            house.clock,
            scaler=Scaler(bounds, self.told, self.demand, house.clock),
            assumed_speed=0.5,
        )
        self.controller = Controller(
            house.workers,
            sweep,
            reporter,
            Lease(leases, "controller", str(id(self)), house.clock, 10),
            clock=house.clock,
            readiness=self.readiness,
            needs_workers=needs_workers,
        )

    async def turns(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.house.clock.advance(timedelta(seconds=1))
            await self.controller.turn()

    @property
    def reports(self) -> list[LoadReported]:
        told = [told.data for told in self.house.bus.lossy]
        return [event for event in told if isinstance(event, LoadReported)]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def leases(house: House) -> MemoryDocuments[LeaseState]:
    return MemoryDocuments(LEASES, house.clock, "render")


@pytest.fixture
def room(house: House, leases: MemoryDocuments[LeaseState]) -> Room:
    return Room(house, leases)


async def test_the_load_is_told_once_a_second(room: Room) -> None:
    await room.turns(3)
    assert [report.at for report in room.reports] == [NOW + timedelta(seconds=n) for n in (1, 2, 3)]
    assert room.reports[0].fence == 1
    assert room.reports[0].heat is Heat.MELTING, "nobody is there to draw"


async def test_the_load_counts_workers_backlog_and_what_drained(house: House, room: Room) -> None:
    bench = Bench(house)
    jobs = [await house.admit(account=account_id(n), lane=Lane.PAID) for n in range(4)]
    await room.turns(1)
    async with bench.at_work():
        register = asyncio.ensure_future(bench.register.run(stop := asyncio.Event()))
        await settled()
        await house.clock.advance(timedelta(seconds=1))
        bench.engine.step(jobs[0], 5)
        await settled()
        for _ in range(3):
            await room.turns(1)
        report = room.reports[-1]
        stop.set()
        await register
    (worker,) = report.workers
    assert (worker.id, worker.phase, worker.running) == ("w1", WorkerPhase.READY, 1)
    assert report.capacity == pytest.approx(0.32768 / 2)
    paid, free, _ = report.lanes
    assert paid.waiting == 3
    assert paid.backlog == pytest.approx(3 * 0.32768)
    assert paid.head_ticket == 0.0
    assert paid.drain_rate == pytest.approx(0.32768 / 4, rel=0.01)
    assert paid.wait_seconds == pytest.approx(6, rel=0.01)
    assert free.waiting == 0
    assert await house.workers.all() == {}, "it signed off"


async def test_a_long_line_is_counted_whole_and_costed_by_its_front(
    house: House, room: Room
) -> None:
    for number in range(230):
        await house.admit(account=account_id(number))
    await room.turns(1)
    free = room.reports[-1].lanes[1]
    assert free.waiting == 230
    assert free.backlog == pytest.approx(230 * 0.32768)


async def test_a_job_whose_worker_falls_silent_goes_back_when_its_lease_has_run_out(
    house: House, room: Room
) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        found = (await house.queue.running())[0]
    assert found.entry.worker == "w1"
    silent = Bench(house, "silent")
    running = asyncio.ensure_future(silent.worker.run(asyncio.Event()))
    await settled()
    running.cancel()
    await asyncio.wait({running})
    await room.turns(30)
    assert house.names(job)[-1] == "Started"
    await room.turns(2)
    requeued = house.events[-1]
    assert isinstance(requeued, JobRequeued)
    assert requeued.reason == "lease_expired"
    entry = await house.queue.load(job)
    assert isinstance(entry, Waiting)
    assert entry.tries.crashes == 1


async def test_a_job_that_nobody_began_in_time_is_cancelled(house: House, room: Room) -> None:
    job = await house.admit(admission(start_by=NOW + timedelta(seconds=3)))
    await room.turns(2)
    assert house.names(job) == ["Queued"]
    await room.turns(1)
    assert isinstance(house.events[-1], JobCancelled)


async def test_only_one_of_two_controllers_leads(
    house: House, leases: MemoryDocuments[LeaseState]
) -> None:
    first, second = Room(house, leases), Room(house, leases)
    for _ in range(5):
        await first.turns(1)
        await second.controller.turn()
    assert {report.fence for report in first.reports} == {1}
    assert len(first.reports) == 5
    for _ in range(12):
        await second.turns(1)
    assert second.reports[-1].fence == 2


async def test_the_service_is_ready_while_some_worker_is(house: House, room: Room) -> None:
    assert room.readiness.reasons == {"workers": "no worker is ready"}
    record = worker_record()
    await house.workers.enter("w1", record)
    await room.turns(1)
    assert room.readiness.ready
    await house.workers.enter("w1", replace(record, phase=WorkerPhase.DRAINING))
    await room.turns(1)
    assert not room.readiness.ready


async def test_a_service_without_a_fleet_of_its_own_needs_no_worker_to_be_ready(
    house: House, leases: MemoryDocuments[LeaseState]
) -> None:
    room = Room(house, leases, needs_workers=False)
    await room.turns(1)
    assert room.readiness.ready


async def test_a_controller_outlives_a_database_that_is_away(house: House, room: Room) -> None:
    house.records.fail_next(away())
    stop = asyncio.Event()
    running = asyncio.ensure_future(room.controller.run(stop))
    await settled()
    assert not room.reports
    await house.clock.advance(timedelta(seconds=1))
    await settled()
    assert room.reports
    stop.set()
    await running


async def test_a_model_that_a_worker_can_not_serve_is_told_with_its_reason(
    house: House, room: Room
) -> None:
    bench = Bench(house, refused=(Refusal(model="big", reason="its folder is missing"),))
    async with bench.at_work():
        register = asyncio.ensure_future(bench.register.run(stop := asyncio.Event()))
        await settled()
        await room.turns(1)
        assert room.readiness.reasons == {"models": "big: its folder is missing"}
        assert room.readiness.ready, "it serves the others"
        stop.set()
        await register
    await room.turns(1)
    assert "models" not in room.readiness.reasons


async def test_an_engine_that_serves_nothing_is_told_with_its_reason(
    house: House, room: Room
) -> None:
    bench = Bench(house, start_error="ember: its folder is missing")
    async with bench.at_work():
        register = asyncio.ensure_future(bench.register.run(stop := asyncio.Event()))
        await settled()
        await house.clock.advance(timedelta(seconds=1))
        await room.turns(1)
        assert room.readiness.reasons == {
            "workers": "no worker is ready",
            "models": "ember: its folder is missing",
        }
        stop.set()
        await register


async def test_a_free_job_that_waits_past_its_promise_is_deferred_aloud_and_once(
    house: House, room: Room
) -> None:
    free = await house.admit(account=account_id(1))
    paid = await house.admit(account=account_id(2), lane=Lane.PAID)
    await room.turns(119)
    assert not [event for event in house.events if isinstance(event, JobDeferred)]
    await room.turns(5)
    (told,) = [event for event in house.events if isinstance(event, JobDeferred)]
    assert told.job == free
    assert told.expected_at
    assert told.expected_at > told.at
    lanes = {lane.lane: lane.waiting for lane in room.reports[-1].lanes}
    assert lanes == {Lane.PAID: 1, Lane.FREE: 0, Lane.DEFERRED: 1}
    entry = await house.queue.load(paid)
    assert isinstance(entry, Waiting)
