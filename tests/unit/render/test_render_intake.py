import pytest

from services.contracts import Lane
from services.contracts.events import JobQueued, JobRejected, Rule
from services.kit.errors import Unavailable
from services.render.core import Ended, Tombstone
from tests.unit.render.bench import House, away, envelope
from tests.unit.render.samples import NOW, account_id, admission, job_id


@pytest.fixture
def house() -> House:
    return House()


async def test_an_admission_that_comes_again_is_queued_once(house: House) -> None:
    admitted = admission()
    for _ in range(3):
        await house.admit(admitted)
    assert house.names() == ["Queued"]


async def test_two_deliveries_at_once_queue_a_job_once(house: House) -> None:
    admitted = admission()
    house.entries.interrupt_next(lambda: house.intake(envelope(admitted)))
    await house.admit(admitted)
    assert house.names() == ["Queued"]


async def test_a_cancel_before_its_admission_answers_it(house: House) -> None:
    admitted = admission()
    await house.cancel(admitted.job)
    assert house.names() == []
    assert isinstance(await house.queue.load(admitted.job), Tombstone)
    await house.admit(admitted)
    await house.admit(admitted)
    assert house.names() == ["Cancelled"]


async def test_a_cancel_ends_a_waiting_job(house: House) -> None:
    job = await house.admit()
    await house.cancel(job)
    await house.cancel(job)
    assert house.names() == ["Queued", "Cancelled"]
    assert isinstance(await house.queue.load(job), Ended)


async def test_a_cancel_that_meets_an_admission_on_its_way_still_counts(house: House) -> None:
    admitted = admission()
    house.entries.interrupt_next(lambda: house.cancel(admitted.job))
    await house.admit(admitted)
    assert house.names() == ["Cancelled"]


async def test_later_jobs_of_an_account_get_later_tickets_in_their_own_lane(
    house: House,
) -> None:
    for lane in (Lane.FREE, Lane.FREE, Lane.PAID):
        await house.admit(lane=lane)
    await house.admit(admission(account=account_id(2)))
    tickets = [event.ticket for event in house.events if isinstance(event, JobQueued)]
    assert tickets == pytest.approx([0.0, 0.32768, 0.0, 0.0])


async def test_an_admission_meets_a_database_that_is_away_and_comes_again(house: House) -> None:
    admitted = admission()
    house.entries.fail_next(away(), applied=True)
    with pytest.raises(Unavailable):
        await house.admit(admitted)
    await house.admit(admitted)
    assert house.names() == ["Queued"]
    later = await house.admit()
    entry = await house.queue.front("default", Lane.FREE, house.clock.now())
    assert [found.job for found in entry] == [admitted.job, later]


async def test_what_concerns_others_passes_by(house: House) -> None:
    admitted = admission()
    rejected = JobRejected(
        at=NOW,
        account=account_id(),
        job=job_id(),
        rule=Rule.WINDOW,
        reason="used up",
        quota=admitted.quota,
    )
    await house.intake(envelope(rejected))
    assert house.names() == []
