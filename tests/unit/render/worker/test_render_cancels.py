"""Wishes to cancel, heard by a worker at different moments."""

import pytest

from services.render.core import Running
from tests.unit.render.bench import Bench, House, envelope, settled
from tests.unit.render.samples import cancellation, job_id


@pytest.fixture
def house() -> House:
    return House()


async def test_a_cancelled_job_stops_at_the_next_renewal(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        await house.cancel(job)
        await bench.pass_time(9)
        assert not bench.engine.cancels
        await bench.pass_time(1)
        assert bench.engine.cancels == [(job, 1)]
    assert house.names(job) == ["Queued", "Started", "Cancelled"]


async def test_news_of_a_cancel_stops_a_job_at_once_even_before_the_queue_knows(
    house: House,
) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        bench.worker.hear(envelope(cancellation(job)))
        bench.worker.hear(envelope(cancellation(job_id())))
        await settled()
        assert house.names(job) == ["Queued", "Started", "Cancelled"]
        await house.cancel(job)
    assert house.names(job)[-1] == "Cancelled"


async def test_a_cancel_noted_before_the_picture_was_done_wins(house: House) -> None:
    bench = Bench(house, obeys_cancel=False)
    job = await house.admit()
    async with bench.at_work():
        await house.cancel(job)
        bench.engine.finish(job)
        await settled()
    assert house.names(job)[-1] == "Cancelled"
    assert not house.shelf.blobs, "nobody will ask for the picture"


async def test_an_engine_that_stops_a_job_unasked_gives_it_back(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        await bench.engine.cancel(job, 1)
        await settled()
        assert house.names(job)[2] == "Requeued"
        bench.worker.hear(envelope(house.events[-1]))
        await settled()
        entry = await house.queue.load(job)
        assert isinstance(entry, Running), "and the worker took it again"
        assert (entry.tries.claims, entry.tries.spent) == (2, 1)
