"""What a worker knows of the lines, and what it asks the database for."""

from datetime import timedelta

import pytest

from services.contracts import JobId, Lane
from services.contracts.events import JobQueued, JobRequeued
from services.render.core import FRONT_SIZE
from services.render.worker import Neighbours, Scout
from tests.unit.render.bench import Bench, House
from tests.unit.render.samples import NOW, account_id, admission


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def scout(house: House) -> Scout:
    return scout_of(house, Bench(house))


def scout_of(house: House, bench: Bench) -> Scout:
    neighbours = Neighbours("w1", "default", bench.host, house.workers, house.clock)
    return Scout("default", house.queue, neighbours, house.clock, 1.0)


async def first(scout: Scout, lane: Lane = Lane.FREE) -> JobId | None:
    found = await scout.head(lane)
    return found.job if found else None


async def test_it_looks_no_more_often_than_told(house: House, scout: Scout) -> None:
    assert await scout.look()
    job = await house.admit()
    assert not await scout.look()
    assert await first(scout) is None
    house.clock.move(timedelta(seconds=1))
    assert await scout.look()
    assert await first(scout) == job


async def test_it_knows_of_newcomers_from_news_of_its_own_pool(house: House, scout: Scout) -> None:
    await scout.look()
    job = await house.admit(lane=Lane.PAID)
    await house.admit(lane=Lane.PAID, pool="other")
    for event in house.events:
        assert isinstance(event, JobQueued)
        scout.queued(event)
    assert await first(scout, Lane.PAID) == job
    scout.forget(Lane.PAID, job)
    assert await first(scout, Lane.PAID) is None


async def test_it_drops_whoever_no_longer_waits(house: House, scout: Scout) -> None:
    gone, waiting = await house.admit(), await house.admit()
    await scout.look()
    await house.cancel(gone)
    assert await first(scout) == waiting


async def test_it_goes_on_behind_the_front_that_it_knew(house: House, scout: Scout) -> None:
    jobs = [await house.admit(account=account_id(n)) for n in range(FRONT_SIZE + 5)]
    await scout.look()
    seen = []
    while (job := await first(scout)) is not None:
        seen.append(job)
        await house.cancel(job)
        scout.forget(Lane.FREE, job)
    assert seen == jobs


async def test_news_of_a_job_given_back_makes_the_next_look_due(house: House, scout: Scout) -> None:
    await scout.look()
    admitted = admission()
    back = JobRequeued(
        at=NOW, account=admitted.account, job=admitted.job, reason="worker_stopped", not_before=NOW
    )
    later = back.model_copy(update={"not_before": NOW + timedelta(seconds=5)})
    scout.requeued(later)
    assert not await scout.look()
    scout.requeued(back)
    assert await scout.look()
