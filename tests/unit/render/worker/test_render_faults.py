"""What happens to a claimed job when parts go away, time stands still, or another takes over."""

import asyncio

import pytest

from services.contracts import JobId
from services.contracts.events import JobCancelled, JobCompleted, JobRequeued
from services.kit.errors import KitError
from services.render.core import Ended, Running, Waiting, expire_lease
from tests.unit.render.bench import Bench, House, away, envelope, settled
from tests.unit.render.samples import POLICY


@pytest.fixture
def house() -> House:
    return House()


async def swept(house: House, job: JobId) -> None:
    """As the controller does when a lease has run out."""
    entry = await house.queue.load(job)
    assert isinstance(entry, Running)
    seen, now = (entry.tries.claims, entry.lease_until), house.clock.now()
    await house.queue.decide(
        job, lambda entry: expire_lease(entry, job, seen, now=now, policy=POLICY, jitter=0.5)
    )


async def test_a_running_job_keeps_its_lease(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        await bench.pass_time(40)
        entry = await house.queue.load(job)
        assert isinstance(entry, Running)
        assert entry.lease_until > house.clock.now()
        bench.engine.finish(job)
        await settled()


async def test_a_worker_frozen_past_its_lease_meets_the_fence_and_drops_its_picture(
    house: House,
) -> None:
    frozen, other = Bench(house, "frozen"), Bench(house, "other")
    job = await house.admit()
    async with frozen.at_work():
        await swept(house, job)
        frozen.engine.finish(job)
        await settled()
        assert house.names(job)[-1] == "Requeued"
    async with other.at_work():
        await other.pass_time(7)
        other.engine.finish(job)
        await settled()
    assert house.names(job) == ["Queued", "Started", "Requeued", "Started", "Completed"]
    assert set(house.shelf.blobs) == {f"images/{job}/2-0.png"}


async def test_a_lost_lease_stops_the_render(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        await swept(house, job)
        await bench.pass_time(10)
        assert bench.engine.cancels == [(job, 1)]
        assert [draw.attempt for draw in bench.engine.open] == [2], "and it may take it again"
    assert house.names(job)[:4] == ["Queued", "Started", "Requeued", "Started"]


async def test_a_picture_waits_for_a_blob_store_that_is_away(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.shelf.error = away("blobs")
        bench.engine.finish(job)
        await bench.pass_time(45)
        entry = await house.queue.load(job)
        assert isinstance(entry, Running)
        assert entry.tries.spent == 1, "nobody drew it again"
        house.shelf.error = None
        await bench.pass_time(1)
    assert isinstance(house.events[-1], JobCompleted)


async def test_a_picture_is_given_up_when_its_claim_is_lost_while_it_waits(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.shelf.error = away("blobs")
        bench.engine.finish(job)
        await settled()
        await swept(house, job)
        await bench.pass_time(11)
        assert [draw.attempt for draw in bench.engine.open] == [2]
    assert house.names(job)[:4] == ["Queued", "Started", "Requeued", "Started"]


async def test_a_lost_claim_and_a_database_that_is_away_cost_only_the_attempt(
    house: House,
) -> None:
    bench = Bench(house)
    job, other = await house.admit(), await house.admit()
    async with bench.at_work():
        [attempt] = [one for claim, one in bench.worker._open.items() if claim.job == job]
        attempt._keeper.lost = True
        house.entries.fail_next(away())
        bench.engine.finish(job)
        await settled()
        bench.engine.finish(other)
        await settled()
        assert house.names(other)[-1] == "Completed", "the worker goes on"


async def test_a_stopped_worker_gives_back_a_job_whose_picture_it_could_not_store(
    house: House,
) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work() as stop:
        house.shelf.error = away("blobs")
        bench.engine.finish(job)
        await settled()
        stop.set()
        await bench.pass_time(10)
    assert isinstance(house.events[-1], JobRequeued)
    entry = await house.queue.load(job)
    assert isinstance(entry, Waiting)
    assert entry.tries.spent == 0


async def test_a_blob_store_that_refuses_costs_an_attempt(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.shelf.error = KitError("forbidden")
        bench.engine.finish(job)
        await settled()
        requeued = house.events[-1]
        assert isinstance(requeued, JobRequeued)
        assert requeued.reason == "images_not_stored"


async def test_an_outcome_whose_answer_got_lost_is_written_once_and_keeps_its_pictures(
    house: House,
) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.entries.fail_next(away(), applied=True)
        bench.engine.finish(job)
        await bench.pass_time(2)
    assert house.names(job) == ["Queued", "Started", "Completed"]
    assert house.shelf.blobs


async def test_a_claim_whose_answer_got_lost_is_found_again(house: House) -> None:
    bench = Bench(house)
    async with bench.at_work():
        job = await house.admit()
        house.entries.fail_next(away(), applied=True)
        await bench.pass_time(2)
        assert [draw.job for draw in bench.engine.open] == [job]
        bench.engine.finish(job)
        await settled()
    assert house.names(job) == ["Queued", "Started", "Completed"]


async def test_an_outcome_that_can_not_be_written_before_the_end_is_left_to_the_lease(
    house: House,
) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work() as stop:
        stop.set()
        await bench.pass_time(7)
        for _ in range(30):
            house.entries.fail_next(away())
        await bench.pass_time(2)
    assert house.names(job) == ["Queued", "Started"]


async def test_a_state_of_unknown_form_stops_only_its_own_job(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.entries.fail_next(KitError("unreadable"))
        bench.engine.finish(job)
        await settled()
        assert bench.worker.running == 0
        other = await house.admit()
        await bench.pass_time(1)
        bench.engine.finish(other)
        await settled()
    assert house.names(other)[-1] == "Completed"


async def test_two_workers_never_hold_one_job(house: House) -> None:
    first, second = Bench(house, "w1"), Bench(house, "w2")
    jobs = [await house.admit() for _ in range(2)]
    async with first.at_work(), second.at_work():
        drawn = [draw.job for bench in (first, second) for draw in bench.engine.open]
        assert sorted(drawn) == sorted(jobs)


async def test_a_cancel_that_comes_between_two_saves_is_not_lost(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        house.entries.interrupt_next(lambda: house.cancel(job))
        bench.engine.finish(job)
        await settled()
    assert isinstance(house.events[-1], JobCancelled)
    assert isinstance(await house.queue.load(job), Ended)
    assert not house.shelf.blobs


async def test_a_worker_whose_own_code_fails_goes_down_with_its_engine(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    house.shelf.error = ZeroDivisionError()
    running = asyncio.ensure_future(bench.worker.run(asyncio.Event()))
    await settled()
    bench.engine.finish(job)
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(running, 5)
    assert not bench.engine.alive


async def test_a_database_that_is_away_for_a_while_costs_no_lease(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        for _ in range(2):
            house.entries.fail_next(away())
        await bench.pass_time(12)
        await bench.pass_time(20)
        bench.engine.finish(job)
        await settled()
    assert house.names(job) == ["Queued", "Started", "Completed"]


async def test_a_line_that_can_not_be_moved_on_costs_nobody_a_claim(house: House) -> None:
    bench = Bench(house, automatic=True)
    job = await house.admit()
    house.clocks.fail_next(away())
    async with bench.at_work():
        pass
    assert house.names(job)[-1] == "Completed"


async def test_a_worker_that_is_stopped_while_its_engine_starts_ends_at_once(
    house: House,
) -> None:
    bench = Bench(house, start_error="still loading")
    await house.admit()
    async with bench.at_work() as stop:
        stop.set()
        await settled()
    assert not bench.engine.submitted


async def test_a_job_lost_to_another_worker_is_left_alone(house: House) -> None:
    first, second = Bench(house, "w1", automatic=True), Bench(house, "w2", automatic=True)
    job = await house.admit()

    async def overtake() -> None:
        async with second.at_work():
            pass

    house.entries.interrupt_next(overtake)
    async with first.at_work():
        pass
    assert not first.engine.submitted
    assert house.names(job) == ["Queued", "Started", "Completed"]


async def test_a_claim_found_again_may_be_cancelled_by_then(house: House) -> None:
    bench = Bench(house)
    async with bench.at_work():
        job = await house.admit()
        bench.worker.hear(envelope(house.events[-1]))
        house.entries.fail_next(away(), applied=True)
        await settled()
        assert house.names(job)[-1] == "Started"
        await house.cancel(job)
        await bench.pass_time(1)
        assert house.names(job)[-1] == "Cancelled"
