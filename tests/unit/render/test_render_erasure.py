"""An erased account leaves no entry, no turn and no picture with render."""

import pytest

from services.contracts import Lane
from services.contracts.events import AccountChanged, AccountErased, AccountStatus
from services.kit.erasures import Eraser
from services.kit.errors import Unavailable
from services.render.core import Waiting, line_of
from services.render.erasing import Erasing, says
from services.render.images import Images
from tests.unit.render.bench import Bench, House, envelope, settled
from tests.unit.render.samples import account_id, admission, cancellation, job_id

ACCOUNT, OTHER = account_id(1), account_id(2)
LINES = [line_of("default", lane) for lane in Lane]


@pytest.fixture
def house() -> House:
    return House()


def eraser_of(house: House) -> Eraser:
    erasing = Erasing(house.queue, house.lines, LINES, Images(house.shelf), house.clock)
    return Eraser(house.erasures, erasing, says, house.clock)


async def erase(house: House) -> None:
    event = AccountChanged(
        at=house.clock.now(), account=ACCOUNT, version=2, plan="free", status=AccountStatus.ERASED
    )
    await house.intake(envelope(event))


async def done(house: House) -> None:
    """Looks until nothing is left, as the eraser does each second."""
    eraser = eraser_of(house)
    for _ in range(5):
        if not await eraser.look():
            return
    raise AssertionError("the erasure does not come to its end")


async def everything(house: House) -> str:
    parts = (house.entries, house.turns, house.records, house.gone)
    return repr([await part.find() for part in parts])


async def test_waiting_jobs_are_cancelled_and_what_is_left_goes(house: House) -> None:
    mine, others = await house.admit(), await house.admit(admission(account=OTHER))
    house.shelf.blobs |= {f"images/{mine}/1-0.png": b"", f"images/{others}/1-0.png": b""}
    await erase(house)
    await done(house)
    assert house.names(mine) == ["Queued", "Cancelled"]
    assert isinstance(await house.queue.load(others), Waiting)
    left = await everything(house)
    assert ACCOUNT not in left
    assert mine not in left
    assert OTHER in left
    assert set(house.shelf.blobs) == {f"images/{others}/1-0.png"}
    assert house.gone.events[-1] == AccountErased(
        at=house.clock.now(), account=ACCOUNT, service="render"
    )


async def test_a_running_job_comes_to_its_end_first(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        await erase(house)
        assert await eraser_of(house).look(), "it still runs"
        await bench.pass_time(15)
    await done(house)
    assert house.names(job) == ["Queued", "Started", "Cancelled"]
    assert ACCOUNT not in await everything(house)
    assert house.shelf.blobs == {}


async def test_a_job_that_was_admitted_before_and_comes_after_gets_its_one_end(
    house: House,
) -> None:
    await erase(house)
    await done(house)
    job = await house.admit()
    await house.cancel(job)
    await done(house)
    assert house.names(job) == ["Queued", "Cancelled"]
    assert ACCOUNT not in await everything(house)


async def test_a_wish_that_comes_after_leaves_no_tombstone(house: House) -> None:
    await erase(house)
    await done(house)
    await house.intake(envelope(cancellation(job_id())))
    await done(house)
    assert ACCOUNT not in await everything(house)


@pytest.mark.parametrize("where", ["entries", "turns", "gone"])
async def test_an_erasure_that_was_cut_off_goes_on(house: House, where: str) -> None:
    await house.admit()
    await erase(house)
    getattr(house, where).fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await eraser_of(house).look()
    await done(house)
    assert ACCOUNT not in await everything(house)


async def test_while_the_blob_store_is_away_nothing_is_forgotten(house: House) -> None:
    bench = Bench(house)
    job = await house.admit()
    async with bench.at_work():
        bench.engine.finish(job)
        await settled()
    await erase(house)
    house.shelf.error = Unavailable("blobs")
    with pytest.raises(Unavailable):
        await eraser_of(house).look()
    assert await house.queue.load(job), "it knows which pictures to take away"
    house.shelf.error = None
    await done(house)
    assert house.shelf.blobs == {}
