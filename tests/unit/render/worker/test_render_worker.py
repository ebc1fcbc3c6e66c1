import pytest

from services.contracts import Lane
from services.contracts.events import (
    FailureCode,
    JobCompleted,
    JobFailed,
    JobProgressed,
    JobRequeued,
)
from services.render.core import Ended, Running, Waiting
from tests.unit.render.bench import STALL, Bench, House, away, envelope, settled, until
from tests.unit.render.samples import EMBER, account_id, admission


@pytest.fixture
def house() -> House:
    return House()


async def test_an_admitted_job_is_drawn_and_its_picture_stored(house: House) -> None:
    bench = Bench(house)
    job = await house.admit(n=2)
    async with bench.at_work():
        assert [draw.job for draw in bench.engine.open] == [job]
        bench.engine.finish(job)
        await settled()
    assert house.names(job) == ["Queued", "Started", "Completed"]
    completed = house.events[-1]
    assert isinstance(completed, JobCompleted)
    assert [image.seed for image in completed.images] == [7, 8]
    assert set(house.shelf.blobs) == {f"images/{job}/1-0.png", f"images/{job}/1-1.png"}


async def test_a_job_that_comes_while_the_worker_idles_is_claimed_at_the_news(
    house: House,
) -> None:
    bench = Bench(house)
    async with bench.at_work():
        job = await house.admit()
        bench.worker.hear(envelope(house.events[-1]))
        await settled()
        assert bench.engine.submitted, "no poll was waited for"
        bench.engine.finish(job)
        await settled()


async def test_without_news_the_worker_looks_by_itself(house: House) -> None:
    bench = Bench(house)
    async with bench.at_work():
        await house.admit()
        await settled()
        assert not bench.engine.submitted
        await bench.pass_time(1)
        assert bench.engine.submitted


async def test_a_worker_takes_no_more_than_its_engine_has_room_for(house: House) -> None:
    bench = Bench(house, slots=2)
    jobs = [await house.admit(account=account_id(n)) for n in range(3)]
    async with bench.at_work():
        assert [draw.job for draw in bench.engine.open] == jobs[:2]
        bench.engine.finish(jobs[1])
        await settled()
        assert [draw.job for draw in bench.engine.open] == [jobs[0], jobs[2]]


async def test_the_next_render_begins_while_the_last_ones_pictures_are_stored(
    house: House,
) -> None:
    bench = Bench(house)
    jobs = [await house.admit(account=account_id(n)) for n in range(3)]
    async with bench.at_work():
        house.shelf.error = away("blobs")
        bench.engine.finish(jobs[0])
        await settled()
        assert [draw.job for draw in bench.engine.open] == [jobs[1]]
        assert isinstance(await house.queue.load(jobs[0]), Running)
        bench.engine.finish(jobs[1])
        await settled()
        assert not bench.engine.open, "what can't be stored must not pile up"
        house.shelf.error = None
        await bench.pass_time(1)
        assert [draw.job for draw in bench.engine.open] == [jobs[2]]
        bench.engine.finish(jobs[2])
        await settled()
    assert [house.names(job)[-1] for job in jobs] == ["Completed"] * 3


async def test_paid_jobs_go_before_free_ones_and_those_before_deferred(house: House) -> None:
    bench = Bench(house, automatic=True)
    lanes = [Lane.DEFERRED, Lane.FREE, Lane.PAID]
    jobs = [await house.admit(lane=lane) for lane in lanes]
    async with bench.at_work():
        pass
    assert [draw.job for draw in bench.engine.submitted] == jobs[::-1]


async def test_accounts_take_turns(house: House) -> None:
    bench = Bench(house, automatic=True)
    heavy = [await house.admit(account=account_id(1)) for _ in range(4)]
    light = await house.admit(account=account_id(2))
    async with bench.at_work():
        pass
    assert [draw.job for draw in bench.engine.submitted].index(light) == 1
    assert bench.engine.submitted[0].job == heavy[0]


async def test_progress_is_told_at_most_four_times_a_second_and_at_the_end(
    house: House,
) -> None:
    bench = Bench(house)
    job = await house.admit(steps=50)
    async with bench.at_work():
        for _ in range(50):
            bench.engine.step(job)
            await settled()
        bench.engine.finish(job)
        await settled()
    news = [told.data for told in house.bus.lossy]
    assert [one.step for one in news if isinstance(one, JobProgressed)] == [1, 50]


async def test_a_permanent_failure_ends_the_job_at_once(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        bench.engine.fail(job, FailureCode.INVALID_SPEC, permanent=True)
        await settled()
    failed = house.events[-1]
    assert isinstance(failed, JobFailed)
    assert failed.code is FailureCode.INVALID_SPEC


async def test_a_job_that_always_fails_gets_three_attempts(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        for pause in (6, 31, 1):
            bench.engine.fail(job)
            await settled()
            await bench.pass_time(pause)
    assert house.names(job) == [
        "Queued",
        *("Started", "Requeued"),
        *("Started", "Requeued"),
        *("Started", "Failed"),
    ]
    failed = house.events[-1]
    assert isinstance(failed, JobFailed)
    assert failed.code is FailureCode.POISON


async def test_a_dying_engine_returns_each_of_its_jobs_alone(house: House) -> None:
    bench = Bench(house, slots=2)
    jobs = [await house.admit(account=account_id(n)) for n in range(2)]
    async with bench.at_work():
        bench.engine.die()
        await settled()
        requeued = [event for event in house.events if isinstance(event, JobRequeued)]
        assert {event.job for event in requeued} == set(jobs)
        assert {event.reason for event in requeued} == {"engine_died"}
        for job in jobs:
            entry = await house.queue.load(job)
            assert isinstance(entry, Waiting)
            assert (entry.tries.spent, entry.tries.crashes) == (1, 1)
        assert len(bench.engines) == 2, "a fresh engine was started"
        await bench.pass_time(7)
        for job in jobs:
            bench.engine.finish(job)
        await settled()
    assert house.names(jobs[0])[-2:] == ["Started", "Completed"]


async def test_an_engine_that_hangs_is_killed_and_its_job_tried_again(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        bench.engine.step(job)
        await bench.pass_time(STALL)
        assert not bench.engine.killed
        await bench.pass_time(2)
        assert bench.engines[0].killed
        requeued = house.events[-1]
        assert isinstance(requeued, JobRequeued)
        assert requeued.reason == "engine_stalled"


async def test_an_engine_that_draws_with_a_slow_model_may_stand_still_for_longer(
    house: House,
) -> None:
    bench = Bench(house, models=("ember", "slow"), slots=2)
    quick, slow = await house.admit(), await house.admit(model="slow")
    async with bench.at_work():
        assert {draw.job for draw in bench.engine.open} == {quick, slow}
        await bench.pass_time(STALL + 2)
        assert not bench.engine.killed, "the slow one may be in the midst of a step"
        bench.engine.finish(slow)
        await settled()
        await bench.pass_time(STALL)
        assert not bench.engines[0].killed
        await bench.pass_time(2)
        assert bench.engines[0].killed


async def test_an_idle_engine_is_left_in_peace(house: House) -> None:
    bench = Bench(house)
    async with bench.at_work():
        await bench.pass_time(STALL * 2)
        assert not bench.engine.killed


async def test_an_engine_that_does_not_start_is_told_and_tried_again(house: House) -> None:
    bench = Bench(house, start_error="no model")
    async with bench.at_work():
        assert bench.readiness.reasons == {"engine": "no model"}
        await bench.pass_time(2)
        assert len(bench.engines) == 2


async def test_a_worker_that_is_stopped_finishes_what_it_can(house: House) -> None:
    bench = Bench(house)
    job, other = await house.admit(), await house.admit()
    async with bench.at_work() as stop:
        stop.set()
        await bench.pass_time(3)
        bench.engine.finish(job)
        await settled()
    assert house.names(job)[-1] == "Completed"
    assert house.names(other) == ["Queued"], "it claims nothing more"
    assert bench.engine.closed


async def test_a_worker_that_is_stopped_gives_back_what_takes_too_long(house: House) -> None:
    bench = Bench(house, obeys_cancel=False)
    job = await house.admit()
    async with bench.at_work() as stop:
        stop.set()
        await bench.pass_time(9)
    assert house.names(job) == ["Queued", "Started", "Requeued"]
    entry = await house.queue.load(job)
    assert isinstance(entry, Waiting)
    assert (entry.tries.claims, entry.tries.spent) == (1, 0)
    assert entry.not_before <= house.clock.now()


async def test_a_model_that_is_not_in_the_catalogue_never_reaches_a_worker(
    house: House,
) -> None:
    job = await house.admit(admission(model="unheard-of"))
    assert house.names(job) == ["Failed"]
    assert isinstance(await house.queue.load(job), Ended)
    assert EMBER.id != "unheard-of"


async def test_an_engine_that_ends_between_claim_and_submission_costs_an_attempt(
    house: House,
) -> None:
    bench = Bench(house)

    async def die() -> None:
        bench.next_engine(start_error="gone")
        bench.engine.die()
        await settled()

    async with bench.at_work():
        job = await house.admit()
        house.entries.interrupt_next(die)
        bench.worker.hear(envelope(house.events[-1]))
        await until(lambda: house.names(job) == ["Queued", "Started", "Requeued"])


async def test_a_database_that_is_away_stops_nothing_for_good(house: House) -> None:
    bench = Bench(house, automatic=True)
    house.entries.fail_next(away())
    async with bench.at_work():
        job = await house.admit()
        await bench.pass_time(2)
    assert house.names(job)[-1] == "Completed"
