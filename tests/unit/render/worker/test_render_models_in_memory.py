"""A worker whose engine holds only some of its pool's models at a time."""

from typing import Any

import pytest

from services.contracts import JobId
from services.render.engine import Shelved
from tests.unit.render.bench import STALL, Bench, House, settled
from tests.unit.render.samples import account_id, worker_record

SECONDS = {"ember": 5.0, "slow": 5.0}
HALF: dict[str, Any] = {"models": ("ember", "slow"), "in_memory": ("ember",)}


@pytest.fixture
def house() -> House:
    return House()


def begun(bench: Bench) -> list[JobId]:
    return [JobId(draw.job) for draw in bench.engine.submitted]


async def test_jobs_whose_model_is_in_memory_go_first_for_as_long_as_fetching_takes(
    house: House,
) -> None:
    bench = Bench(house, **HALF)
    cold = await house.admit(account=account_id(1), model="slow")
    warm = [await house.admit(account=account_id(n)) for n in range(2, 12)]
    async with bench.at_work():
        bench.engine.shelve(Shelved(models=("ember",), seconds=SECONDS))
        await settled()
        for _ in range(6):
            bench.engine.finish(begun(bench)[-1])
            await settled()
            await bench.pass_time(1)
        assert begun(bench)[:5] == warm[:5]
        assert cold in begun(bench)[5:7]
        for draw in bench.engine.open:
            bench.engine.finish(draw.job)


async def test_a_model_is_fetched_at_once_where_nothing_else_waits(house: House) -> None:
    bench = Bench(house, **HALF)
    cold = await house.admit(model="slow")
    async with bench.at_work():
        assert begun(bench) == [cold]
        bench.engine.finish(cold)
        await settled()


async def test_a_job_is_left_to_a_neighbour_that_has_its_model_and_room(house: House) -> None:
    bench = Bench(house, **HALF)
    await house.workers.enter("w2", worker_record(models=("slow",)))
    async with bench.at_work():
        bench.engine.shelve(Shelved(models=("ember",), seconds=SECONDS))
        await bench.pass_time(1)
        cold = await house.admit(model="slow")
        await bench.pass_time(3)
        assert begun(bench) == []
        await house.workers.enter("w2", worker_record(models=("slow",), running=1))
        await bench.pass_time(2)
        assert begun(bench) == [cold], "the neighbour has its hands full"
        bench.engine.finish(cold)
        await settled()


async def test_what_is_in_memory_is_told_in_the_register(house: House) -> None:
    bench = Bench(house, **HALF)
    async with bench.at_work():
        assert bench.register._record().models == ("ember",)
        bench.engine.shelve(Shelved(models=("slow",)))
        await settled()
        assert bench.register._record().models == ("slow",)


async def test_an_engine_may_stand_still_for_longer_while_it_fetches_a_model(
    house: House,
) -> None:
    bench = Bench(house, **HALF)
    job = await house.admit(model="slow")
    async with bench.at_work():
        bench.engine.shelve(Shelved(fetching="slow"))
        await bench.pass_time(2 * STALL + 2)
        assert not bench.engine.killed
        bench.engine.shelve(Shelved(models=("slow",), seconds={"slow": 122.0}))
        bench.engine.step(job)
        await bench.pass_time(2 * STALL + 2)
        assert bench.engines[0].killed, "a step is waited for as before"
