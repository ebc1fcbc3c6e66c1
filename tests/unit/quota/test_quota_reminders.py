"""A request that is asked again: its admission is told once more, and nothing is given twice."""

from services.contracts.events import JobAdmitted, JobRequested
from services.quota.core import findings
from tests.unit.quota.cases import ACCOUNT, MINUTE, completed, limits, requested
from tests.unit.quota.house import HeardLimits, House


def reminder(number: int, units: int = 1) -> JobRequested:
    return requested(number, units=units).model_copy(update={"reminder": True})


async def test_an_admission_is_told_again_on_its_own_terms() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(requested(2))
    house.file_rows()
    house.limits.said = HeardLimits(limits(0.0)).said
    await house.clock.advance(MINUTE)
    await house.hear(reminder(2))
    first, second, again = house.decisions
    assert isinstance(first, JobAdmitted)
    assert again == second
    assert (await house.account()).used == 2
    assert findings(ACCOUNT, await house.accounts.rows(ACCOUNT), await house.account()) == []


async def test_a_request_that_was_never_heard_is_decided_by_its_reminder() -> None:
    house = House()
    await house.hear(reminder(1))
    assert len(house.decisions) == 1
    assert (await house.account()).used == 1


async def test_what_is_not_filed_yet_is_still_to_be_published() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(reminder(1))
    assert len(house.decisions) == 1


async def test_an_end_is_told_only_once() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    await house.hear(requested(2, units=4))
    house.file_rows()
    for number, units in ((1, 1), (2, 4)):
        await house.hear(reminder(number, units))
    assert len(house.decisions) == 2
