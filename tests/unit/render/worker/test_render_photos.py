"""A render that begins with a photo: fetched before it, by the worker that claimed the job."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts import TaskKind, UploadId, upload_key
from services.contracts.events import FailureCode, JobFailed
from tests.unit.render.bench import Bench, House, away, settled
from tests.unit.render.samples import account_id

PHOTO, MASK = UploadId("upl_" + "1" * 32), UploadId("upl_" + "2" * 32)
WITHIN: dict[str, Any] = {
    "task": TaskKind.INPAINT,
    "images": (PHOTO,),
    "mask": MASK,
    "strength": 0.4,
}


@pytest.fixture
def house() -> House:
    made = House()
    for upload, content in ((PHOTO, b"photo"), (MASK, b"mask")):
        made.shelf.blobs[upload_key(account_id(), upload)] = content
    return made


async def test_the_engine_gets_the_photo_and_the_mask(house: House) -> None:
    bench = Bench(house, automatic=True)
    job = await house.admit(**WITHIN)
    async with bench.at_work():
        pass
    draw = bench.engine.submitted[0]
    assert (draw.kind, draw.photo, draw.mask) == (TaskKind.INPAINT, b"photo", b"mask")
    assert draw.strength == 0.4
    assert house.names(job)[-1] == "Completed"


async def test_a_photo_that_is_gone_is_an_end_without_another_attempt(house: House) -> None:
    house.shelf.blobs.clear()
    bench = Bench(house, automatic=True)
    await house.admit(**WITHIN)
    async with bench.at_work():
        pass
    failed = house.events[-1]
    assert isinstance(failed, JobFailed)
    assert (failed.code, failed.attempt) == (FailureCode.INVALID_SPEC, 1)
    assert bench.engine.submitted == []


async def test_a_store_that_is_away_is_waited_for(house: House) -> None:
    house.shelf.error = away("blobs")
    bench = Bench(house, automatic=True)
    job = await house.admit(**WITHIN)
    async with bench.at_work():
        await settled()
        assert bench.engine.submitted == []
        house.shelf.error = None
        for _ in range(5):
            await house.clock.advance(timedelta(seconds=0.5))
            await settled()
    assert house.names(job)[-1] == "Completed"
