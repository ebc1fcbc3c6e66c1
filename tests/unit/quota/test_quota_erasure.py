"""An erased account leaves nothing with quota, whatever comes in whatever order."""

import pytest

from services.contracts.events import (
    AccountChanged,
    AccountErased,
    AccountStatus,
    JobRejected,
    Rule,
    UsageForgotten,
)
from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from services.quota.check import check
from tests.unit.quota.cases import ACCOUNT, NOON, cancelled, completed, requested
from tests.unit.quota.house import House

ERASED = AccountChanged(
    at=NOON, account=ACCOUNT, version=9, plan="free", status=AccountStatus.ERASED
)
BEFORE = AccountChanged(at=NOON, account=ACCOUNT, version=3, plan="free")


async def everything(house: House) -> str:
    """All that is stored, as text."""
    house.file_rows()
    documents = await house.documents.find()
    rows = await house.ledger.find()
    return repr([documents, rows, await house.gone.find()])


def said(house: House) -> list[str]:
    return [type(event).__name__ for event in house.gone.events]


async def erased(house: House) -> None:
    await house.hear(ERASED)
    assert not await house.eraser.look()
    house.documents.rows.clear()


async def test_document_and_rows_go_and_quota_says_so() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    house.file_rows()
    await erased(house)
    assert ACCOUNT not in await everything(house)
    assert said(house) == ["UsageForgotten", "AccountErased"]
    assert house.gone.events == [
        UsageForgotten(at=NOON, account=ACCOUNT),
        AccountErased(at=NOON, account=ACCOUNT, service="quota"),
    ]
    assert (await check(house.accounts, ManualClock())).accounts == 0


async def test_an_open_grant_is_settled_first() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(ERASED)
    assert await house.eraser.look()
    assert (await house.account()).status is AccountStatus.ERASED
    assert said(house) == []
    assert (await check(house.accounts, ManualClock())).findings == ()
    await house.hear(cancelled(1))
    assert not await house.eraser.look()
    house.documents.rows.clear()
    assert ACCOUNT not in await everything(house)


async def test_a_request_meanwhile_is_refused() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(ERASED)
    await house.eraser.look()
    await house.hear(requested(2))
    assert [decision.job for decision in house.decisions if isinstance(decision, JobRejected)]


async def test_a_request_afterwards_gets_an_end_and_brings_nothing_back() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    await erased(house)
    await house.hear(requested(2))
    rejected = house.gone.events[-1]
    assert isinstance(rejected, JobRejected)
    assert rejected.rule is Rule.ACCOUNT_INACTIVE
    assert ACCOUNT not in await everything(house)


async def test_what_comes_late_or_again_brings_nothing_back() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    await erased(house)
    for event in (BEFORE, completed(1), cancelled(1), completed(2)):
        await house.hear(event)
    assert not await house.eraser.look()
    assert ACCOUNT not in await everything(house)


async def test_an_account_that_quota_never_heard_of_is_erased_too() -> None:
    house = House()
    await erased(house)
    assert said(house) == ["UsageForgotten", "AccountErased"]
    assert ACCOUNT not in await everything(house)


async def test_a_request_that_races_with_the_erasure_is_taken_away_again() -> None:
    house = House()

    async def meanwhile() -> None:
        await erased(house)

    house.documents.interrupt_next(meanwhile)
    await house.hear(requested(1))
    assert await house.eraser.look(), "its grant is open"
    await house.hear(cancelled(1))
    assert not await house.eraser.look()
    house.documents.rows.clear()
    assert ACCOUNT not in await everything(house)


@pytest.mark.parametrize("where", ["documents", "ledger", "gone"])
async def test_an_erasure_that_was_cut_off_goes_on(where: str) -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    house.file_rows()
    await house.hear(ERASED)
    getattr(house, where).fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await house.eraser.look()
    assert not await house.eraser.look()
    house.documents.rows.clear()
    assert ACCOUNT not in await everything(house)
    assert said(house) == ["UsageForgotten", "AccountErased"]
