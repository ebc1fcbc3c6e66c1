"""A render that takes the engine with it must not spend its neighbours' attempts."""

import pytest

from services.contracts import JobId
from services.contracts.events import FailureCode, JobFailed
from services.render.core import Waiting
from tests.unit.render.bench import Bench, House, settled
from tests.unit.render.samples import account_id

LONGER_THAN_A_RETRY = 40


@pytest.fixture
def house() -> House:
    return House()


async def crash(bench: Bench) -> None:
    """The engine dies, and all that were in it wait for their next attempt, which comes."""
    bench.engine.die()
    await settled()
    await bench.pass_time(LONGER_THAN_A_RETRY)


async def drawing(bench: Bench) -> list[str]:
    return [draw.job for draw in bench.engine.open]


async def test_who_was_in_two_crashes_is_drawn_alone(house: House) -> None:
    bench = Bench(house, slots=3)
    jobs = [await house.admit(account=account_id(n)) for n in range(3)]
    async with bench.at_work():
        await crash(bench)
        await crash(bench)
        done: list[str] = []
        for _ in jobs:
            (alone,) = await drawing(bench)
            bench.engine.finish(alone)
            await bench.pass_time(1)
            done.append(alone)
    assert sorted(done) == sorted(jobs)


async def test_a_poisoned_render_fails_alone_after_three_crashes(house: House) -> None:
    bench = Bench(house, slots=3)
    poison, *others = [await house.admit(account=account_id(n)) for n in range(3)]
    async with bench.at_work():
        await crash(bench)
        await crash(bench)
        for _ in range(3):
            (alone,) = await drawing(bench)
            if alone == poison:
                await crash(bench)
            else:
                bench.engine.finish(alone)
                await bench.pass_time(1)
    failed = [event for event in house.events if isinstance(event, JobFailed)]
    assert [(event.job, event.code) for event in failed] == [(poison, FailureCode.POISON)]
    assert all(house.names(JobId(job))[-1] == "Completed" for job in others)


async def test_a_suspect_waits_for_the_renders_under_way_and_others_wait_behind_it(
    house: House,
) -> None:
    bench = Bench(house, slots=3)
    suspect = await house.admit(account=account_id(1))
    async with bench.at_work():
        await crash(bench)
        bench.engine.die()
        await settled()
        first = await house.admit(account=account_id(2))
        await bench.pass_time(1)
        assert await drawing(bench) == [first]
        await bench.pass_time(LONGER_THAN_A_RETRY)
        later = await house.admit(account=account_id(3))
        await bench.pass_time(2)
        assert isinstance(await house.queue.load(suspect), Waiting)
        assert await drawing(bench) == [first]
        bench.engine.finish(first)
        await bench.pass_time(1)
        assert await drawing(bench) == [suspect]
        bench.engine.finish(suspect)
        await bench.pass_time(1)
        assert await drawing(bench) == [later]
        bench.engine.finish(later)
        await settled()
