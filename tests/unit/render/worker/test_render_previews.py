"""Early looks at a picture, from the engine to the blob store and the bus."""

import pytest

from services.contracts.events import JobCompleted, JobProgressed
from tests.unit.render.bench import Bench, House, away, settled


@pytest.fixture
def house() -> House:
    return House()


def previews(house: House) -> list[str | None]:
    told = (envelope.data for envelope in house.bus.lossy)
    return [event.preview for event in told if isinstance(event, JobProgressed)]


async def test_the_engine_hears_how_many_previews_a_job_wants(house: House) -> None:
    bench = Bench(house, automatic=True)
    await house.admit(previews=3)
    async with bench.at_work():
        pass
    assert bench.engine.submitted[0].previews == 3


async def test_a_preview_is_stored_and_told_however_soon_it_comes(house: House) -> None:
    bench = Bench(house)
    job = await house.admit(previews=2, steps=20)
    async with bench.at_work():
        bench.engine.step(job)
        bench.engine.step(job, preview=b"rough")
        bench.engine.step(job)
        await settled()
        bench.engine.finish(job)
        await settled()
    key = f"images/{job}/1-preview-2.webp"
    assert house.shelf.blobs[key] == b"rough"
    assert previews(house) == [None, key, None], "the first, the preview, the last"
    completed = house.events[-1]
    assert isinstance(completed, JobCompleted)
    assert [image.blob for image in completed.images] == [f"images/{job}/1-0.png"]


async def test_a_store_that_is_away_costs_the_preview_and_not_the_render(house: House) -> None:
    bench = Bench(house)
    job = await house.admit(previews=1, steps=20)
    async with bench.at_work():
        house.shelf.error = away("blobs")
        bench.engine.step(job, preview=b"rough")
        await settled()
        house.shelf.error = None
        bench.engine.finish(job)
        await settled()
    assert previews(house) == [None, None]
    assert house.names(job)[-1] == "Completed"
